import type { NodeRequest } from './node-request.ts'
import type { NodeResponse } from './node-response.ts'

/** The parts of Fastify's request and reply that are used, by shape. */
export interface FastifyRequestLike {
  readonly raw: NodeRequest
  readonly body?: unknown
  readonly routeOptions?: { readonly schema?: { readonly body?: unknown } | undefined } | undefined
}

export interface FastifyReplyLike {
  readonly raw: NodeResponse
  readonly statusCode: number
  code(status: number): unknown
  header(name: string, value: unknown): unknown
  removeHeader(name: string): unknown
  getHeaders(): Readonly<Record<string, unknown>>
  /** Also true if the handler has called `reply.hijack`, to answer past Fastify. */
  readonly sent: boolean
  serialize(payload: unknown): unknown
  serializer(serialize: (payload: unknown) => string): unknown
  send(payload?: unknown): unknown
  readonly log?: { error(about: object, message: string): void } | undefined
}
