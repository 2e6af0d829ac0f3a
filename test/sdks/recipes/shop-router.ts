import { initTRPC } from '@trpc/server'

const t = initTRPC.create()

const router = t.router({
  order: t.procedure
    .input((input: unknown) => input as { readonly item: string })
    .mutation(() => ({ id: 'order_1' })),
})

export type ShopRouter = typeof router
