import type { Prisma } from '../prisma/generated/client.ts'

/** Prisma: `prisma.$transaction(async tx => completeWithin(ofPrisma(tx), answer))`. */
export const ofPrisma = (tx: Prisma.TransactionClient) => ({
  query: async (text: string, values: unknown[]) => ({
    rows: await tx.$queryRawUnsafe<unknown[]>(text, ...values),
  }),
})
