import { newRecord } from '../../core/record/new-record.ts'
import type { OpenRecord, OperationRecord, StoredRequest } from '../../core/record/operation-record.ts'
import { saidOfRead } from '../../core/record/may-be-said.ts'
import { enqueuing, keptToSend } from '../../core/stored/enqueued.ts'
import { keyOfGeneration } from '../../engine/run/make-key.ts'
import type { Payload, PayloadBytes } from '../../engine/request/payload.ts'
import { ownOrigin, requestToStore } from '../../engine/request/stored-payload.ts'
import { openJournal, StoreFailure } from '../../engine/stored/journal.ts'
import { configurationError } from '../../public/errors.ts'
import type { RecordStore, RecordsWithin } from '../../public/store.ts'
import type { RequestGiven } from '../call.ts'
import { errorOf } from '../error-of.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import { loadParts } from '../parts.ts'
import type { Snapshot } from '../snapshot.ts'
import { snapshotOf } from '../snapshot-of.ts'
import { payloadOfCall } from '../start-call.ts'
import { storeError } from './store-errors.ts'

/** How many tries are made when others write the same operation at the same time. */
const MOST_TRIES = 20

/** Does the work of `enqueue` once its code is loaded. Resolves with what is stored of the operation in the end. */
export async function enqueueRecord(
  context: OperationContext,
  about: Named,
  records: RecordsWithin,
  given: () => RequestGiven,
): Promise<Snapshot> {
  await loadParts()
  requireWholeUrl(context, about)
  const payload = await payloadOfCall(context, given())
  requireOwnOrigin(context, about, payload)
  return snapshotOf(await written(context, about, records, payload))
}

/** Refuses an http layer that adds a query: the query may contain a credential, so no request is stored. */
function requireWholeUrl({ core, plan }: OperationContext, { identity }: Named): void {
  if (core.engineOf(identity.scope).transport.addsQuery === true)
    throw configurationError(
      `operation(${plan.name}).persist`,
      'keeps no request to which the http layer adds a query',
    )
}

/** Stored requests are sent only to the http layer's own origin. A request to any other one would wait for ever. */
function requireOwnOrigin({ core, plan }: OperationContext, { identity }: Named, { url }: Payload): void {
  if (url.origin !== ownOrigin(core.engineOf(identity.scope)))
    throw configurationError(
      `operation(${plan.name}).request.url`,
      'must be on the origin of the http layer (`baseUrl`): what is enqueued is sent from the store, and to no other one',
    )
}

async function written(
  context: OperationContext,
  about: Named,
  records: RecordsWithin,
  payload: Payload,
): Promise<OperationRecord> {
  const { engine } = context.core
  const journal = openJournal(engine, storeWithin(engine.store, records), about)
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const stored = await asDriver(about, () => journal.read())
    const next = await following(context, about, stored, payload)
    if (next === stored) return next
    const record = await asDriver(about, () => journal.write(next))
    if (record !== undefined) return record
  }
  throw storeError(about, new StoreFailure('the record is written by others all the time', false))
}

/** The record to store, or the stored record itself if it is to stay. Throws if the stored payload is another one. */
async function following(
  context: OperationContext,
  { identity, operationId }: Named,
  stored: OperationRecord | undefined,
  payload: Payload,
): Promise<OperationRecord> {
  const { core, plan } = context
  const { runtime } = core.engine
  const at = runtime.now()
  const step = enqueuing(stored, payload.fingerprint)
  const refuse = (record: OperationRecord, reason: string) =>
    errorOf({ code: 'payload-mismatch', outcome: saidOfRead(record), reason }, { operationId, record })
  switch (step.kind) {
    case 'there':
      return step.record
    case 'mismatch':
      throw refuse(step.record, 'the operation was begun with another payload')
    case 'keep': {
      const { request, bytes } = await requestUnder(context, payload, step.record.key)
      const kept = keptToSend(step.record, { request, bodyHash: bytes.hash }, at)
      if (kept === undefined) throw refuse(step.record, 'the operation was begun with other bytes')
      return kept
    }
    case 'begin': {
      const { generation, line } = step
      const key = keyOfGeneration({ plan, identity, engine: core.engine }, generation)
      const { request, bytes } = await requestUnder(context, payload, key)
      return newRecord({
        v: 1,
        ...identity,
        generation,
        key,
        line,
        fingerprint: payload.fingerprint,
        bodyHash: bytes.hash,
        target: bytes.target ?? payload.target,
        at,
        request: { ...request, isQueued: true },
      }) satisfies OpenRecord
    }
    default:
      return step satisfies never
  }
}

async function requestUnder(
  { plan }: OperationContext,
  payload: Payload,
  key: string,
): Promise<{ readonly request: StoredRequest; readonly bytes: PayloadBytes }> {
  const bytes = await payload.bytes(key)
  return { bytes, request: requestToStore(plan, payload, bytes) }
}

/** Only the methods for one record go to the transaction. */
function storeWithin(store: RecordStore, records: RecordsWithin): RecordStore {
  return { ...records, listOpen: prefix => store.listOpen(prefix) }
}

/**
 * Throws the driver's own error, by which its owner knows what to repeat, or the store's error if it is about the
 * record.
 */
async function asDriver<Value>(about: Named, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    const isDrivers = error instanceof StoreFailure && !error.corrupt && error.cause !== undefined
    throw isDrivers ? error.cause : storeError(about, error)
  }
}
