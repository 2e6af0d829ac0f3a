import type { RequestHandler } from 'express'

/* What the tests use of packages that bring no types, or types that a strict compiler refuses. */

type Asked = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: unknown
}

type Stored = { readonly body?: unknown; readonly additional?: Readonly<Record<string, unknown>> }

export type NodeIdempotency = {
  readonly Idempotency: new (storage: object) => {
    onRequest(asked: Asked): Promise<Stored | undefined>
    onResponse(asked: Asked, answer: Stored): Promise<void>
  }
  readonly IdempotencyError: new () => Error & { readonly code: string }
}

export type NodeIdempotencyMemory = { readonly MemoryStorageAdapter: new () => object }

export type Powertools = {
  readonly IdempotencyConfig: new (options: {
    readonly eventKeyJmesPath: string
    readonly payloadValidationJmesPath: string
    readonly throwOnNoIdempotencyKey: boolean
    readonly expiresAfterSeconds: number
  }) => { registerLambdaContext(context: { readonly getRemainingTimeInMillis: () => number }): void }
  readonly IdempotencyItemAlreadyExistsError: new (message: string, existing: object) => Error
  readonly IdempotencyItemNotFoundError: new () => Error
  readonly IdempotencyAlreadyInProgressError: new () => Error
  readonly IdempotencyValidationError: new () => Error
  readonly makeIdempotent: <Event, Result>(
    handler: (event: Event) => Promise<Result>,
    options: { readonly persistenceStore: object; readonly config: object },
  ) => (event: Event) => Promise<Result>
}

export type PowertoolsRecord = {
  readonly idempotencyKey: string
  readonly inProgressExpiryTimestamp?: number
  isExpired(): boolean
  getStatus(): string
}

export type PowertoolsPersistence = { readonly BasePersistenceLayer: new () => object }

export type IdempotencyBackend = { readonly default: RequestHandler }
