import { createRequire } from 'node:module'
import express from 'express'
import { defineProfile } from '../../src/entries/index.ts'
import type { ForeignServer } from './foreign-server.ts'
import type { Powertools, PowertoolsPersistence, PowertoolsRecord } from './shapes.ts'

const require = createRequire(import.meta.url)
const {
  IdempotencyAlreadyInProgressError,
  IdempotencyConfig,
  IdempotencyItemAlreadyExistsError,
  IdempotencyItemNotFoundError,
  IdempotencyValidationError,
  makeIdempotent,
} = require('@aws-lambda-powertools/idempotency') as Powertools
const { BasePersistenceLayer } =
  require('@aws-lambda-powertools/idempotency/persistence') as PowertoolsPersistence

const SOURCE = 'https://docs.aws.amazon.com/powertools/typescript/latest/features/idempotency/'

/** What DynamoDB's layer does, by the same conditions, in memory. */
class MemoryPersistence extends BasePersistenceLayer {
  readonly #records = new Map<string, PowertoolsRecord>()

  async _putRecord(record: PowertoolsRecord): Promise<void> {
    const known = this.#records.get(record.idempotencyKey)
    if (known !== undefined && !isOver(known))
      throw new IdempotencyItemAlreadyExistsError('It is there already.', known)
    this.#records.set(record.idempotencyKey, record)
  }

  async _getRecord(key: string): Promise<PowertoolsRecord> {
    const known = this.#records.get(key)
    if (known === undefined) throw new IdempotencyItemNotFoundError()
    return known
  }

  async _updateRecord(record: PowertoolsRecord): Promise<void> {
    this.#records.set(record.idempotencyKey, record)
  }

  async _deleteRecord({ idempotencyKey }: PowertoolsRecord): Promise<void> {
    this.#records.delete(idempotencyKey)
  }
}

function isOver(record: PowertoolsRecord): boolean {
  const { inProgressExpiryTimestamp: until } = record
  return (
    record.isExpired() || (record.getStatus() === 'INPROGRESS' && until !== undefined && until < Date.now())
  )
}

/** Powertools' idempotency, as in a Lambda behind an HTTP gateway. What the handler throws frees the key. */
export const powertools: ForeignServer = {
  open: work => {
    const config = new IdempotencyConfig({
      eventKeyJmesPath: 'key',
      payloadValidationJmesPath: 'body',
      throwOnNoIdempotencyKey: true,
      expiresAfterSeconds: 86_400,
    })
    config.registerLambdaContext({ getRemainingTimeInMillis: () => 30_000 })
    const lambda = makeIdempotent(
      async (event: { readonly key: string; readonly body: { readonly item: string } }) => work(event.body),
      { persistenceStore: new MemoryPersistence(), config },
    )
    const app = express()
    app.use(express.json())
    app.post('/orders', async (request, response) => {
      try {
        const key = request.get('idempotency-key') ?? ''
        const { status, body } = await lambda({ key, body: request.body as { item: string } })
        response.status(status).json(body)
      } catch (error) {
        if (error instanceof IdempotencyAlreadyInProgressError)
          response.status(409).json({ code: 'in_progress' })
        else if (error instanceof IdempotencyValidationError) response.status(422).json({ code: 'mismatch' })
        else throw error
      }
    })
    return app
  },
  profile: defineProfile({
    name: 'powertools',
    honoursKeys: true,
    rules: [
      { status: 409, code: 'in_progress', means: 'processing', source: SOURCE },
      { status: 422, code: 'mismatch', means: 'mismatch', source: SOURCE },
      // What the handler threw: the key is free, and the next would be another execution.
      { status: 500, means: 'unknown', conclusive: true, source: SOURCE },
    ],
  }),
}
