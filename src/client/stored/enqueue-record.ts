import { newRecord } from '../../core/record/new-record.ts'
import type { OpenRecord, OperationRecord, StoredRequest } from '../../core/record/operation-record.ts'
import type { WhyRefused } from '../../core/stored/enqueued.ts'
import { enqueuing, keptToSend } from '../../core/stored/enqueued.ts'
import { keyOfGeneration } from '../../engine/run/make-key.ts'
import { StoredFacts } from '../../engine/run/stored-facts.ts'
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
      'keeps no request to which the http layer adds a query: put the query into `url` of `request`',
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
  const { core, plan, scopeNow } = context
  const { engine } = core
  // The caller gets each error, and repeats its transaction after a serialization failure: that is no event.
  const quiet = { runtime: engine.runtime, writer: engine.writer, emit: () => {} }
  const journal = openJournal(quiet, storeWithin(engine.store, records), about)
  const facts = { ...about, engine: core.engineOf(about.identity.scope), plan, scopeNow }
  const x = new StoredFacts(facts)
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    x.record = await asDriver(about, () => journal.read())
    const next = await following(context, about, x, payload)
    if (next === x.record) return next
    const record = await asDriver(about, () => journal.write(next))
    if (record !== undefined) return record
  }
  throw storeError(about, new StoreFailure('the record is written by others all the time', false))
}

/** The record to store, or the stored record itself if it is to stay. Throws if the operation may not be enqueued. */
async function following(
  context: OperationContext,
  { identity, operationId }: Named,
  x: StoredFacts,
  payload: Payload,
): Promise<OperationRecord> {
  const { core, plan } = context
  const { runtime } = core.engine
  const { comparesBytes, honoursKeys } = plan.settings.profile
  const at = runtime.now()
  const { fingerprint, target } = payload
  const step = enqueuing(x.record, { fingerprint, target, horizon: x.horizon, clocks: x.clocks })
  const refusal = (record: OperationRecord, why: WhyRefused) =>
    errorOf({ ...why, outcome: x.outcome }, { operationId, record, honoursKeys })
  switch (step.kind) {
    case 'there':
      return step.record
    case 'refuse':
      throw refusal(step.record, step.why)
    case 'keep': {
      const { record } = step
      const { request, bytes } = await requestUnder(context, payload, record.key)
      const kept = keptToSend(record, { request, bodyHash: bytes.hash, target, comparesBytes }, at)
      if ('reason' in kept) throw refusal(record, kept)
      if (kept.bodyHash !== record.bodyHash && record.sent > 0) x.emit({ type: 'bytes-changed' })
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

/**
 * Only the methods for one record go to the transaction. After an error the database accepts nothing more there, so the
 * read that follows a failed write gets the same error, and no statement is sent.
 */
function storeWithin(store: RecordStore, records: RecordsWithin): RecordStore {
  let failed: Promise<never> | undefined
  const unlessFailed = <Value>(work: () => Promise<Value>): Promise<Value> =>
    failed ??
    work().catch((error: unknown) => {
      failed = Promise.reject(error)
      return failed
    })
  return {
    ...records,
    get: place => unlessFailed(() => records.get(place)),
    set: (place, value, options) => unlessFailed(() => records.set(place, value, options)),
    listOpen: prefix => store.listOpen(prefix),
  }
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
