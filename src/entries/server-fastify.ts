export type { FastifyReplyLike, FastifyRequestLike } from '../server/adapters/fastify-like.ts'
export { fetchRoute, idempotent } from '../server/adapters/fastify.ts'
