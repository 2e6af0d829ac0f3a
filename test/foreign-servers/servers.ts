import { expressIdempotency } from './express-idempotency.ts'
import { idempotencyBackend } from './idempotency-backend.ts'
import { nodeIdempotencyExpress, nodeIdempotencyFastify } from './node-idempotency.ts'
import { powertools } from './powertools.ts'

/** By the names that docs/profiles.md gives them. */
export const FOREIGN_SERVERS = {
  'express-idempotency': expressIdempotency,
  'node-idempotency, Express': nodeIdempotencyExpress,
  'node-idempotency, Fastify': nodeIdempotencyFastify,
  Powertools: powertools,
  'idempotency-backend': idempotencyBackend,
} as const

export type ForeignName = keyof typeof FOREIGN_SERVERS
