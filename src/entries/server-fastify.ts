export type { FastifyReplyLike, FastifyRequestLike } from '../server/adapters/fastify.ts'
export { fetchRoute, idempotent } from '../server/adapters/fastify.ts'
