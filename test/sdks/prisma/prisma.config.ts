import { defineConfig } from 'prisma/config'

// oxlint-disable-next-line import/no-default-export -- Prisma takes it from there.
export default defineConfig({ schema: 'schema.prisma' })
