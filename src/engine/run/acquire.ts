import type { Found, Seeker } from '../../core/run/finding.ts'
import { find, isRemembered } from '../../core/run/finding.ts'
import { factOf, newRecord } from '../../core/record/transition.ts'
import { isOpen, lineOf } from '../../core/record/operation-record.ts'
import type {
  FailedRecord,
  OpenRecord,
  OperationRecord,
  SucceededRecord,
} from '../../core/record/operation-record.ts'
import { keyFault } from '../../core/names/key-grammar.ts'
import { configurationError } from '../../public/errors.ts'
import { claim, isClaimable, waitForOther } from './claim.ts'
import type { End } from './end.ts'
import { settledEnd, stopCode, stopped } from './end.ts'
import type { RunContext } from './run-context.ts'
import type { PayloadBytes } from '../request/payload.ts'
import { requestToStore } from '../request/stored-payload.ts'
import { synchronous } from '../../guards/synchronous.ts'

/**
 * Looks where the operation lies, and does what follows from what is found (core/run/finding.ts), until the run holds the
 * operation or has an end without holding it.
 */
export async function acquire(x: RunContext): Promise<'held' | End | undefined> {
  x.enter('claiming')
  for (let looks = 0; ; looks++) {
    const before = x.record
    const record = await x.journal.read()
    x.record = record
    x.storeTold = true
    // Whoever watches this run sees what is stored, and how another runner gets on.
    if (record?.updatedAt !== before?.updatedAt) x.enter('claiming')
    const found = find(record, seekerOf(x, before, looks, record))
    if (record !== undefined && isOpen(record) && found.kind !== 'dropped') x.seen = record
    switch (found.kind) {
      case 'begin':
        return begin(x, found.after)
      case 'claim': {
        await compareBytes(x, found.record)
        if ((await claim(x, found.record)) !== 'held') break
        x.recalled = false
        return 'held'
      }
      case 'wait':
        await waitForOther(x, looks)
        x.recalled = true
        break
      default:
        return ended(x, found)
    }
  }
}

function seekerOf(
  x: RunContext,
  before: OperationRecord | undefined,
  looks: number,
  record: OperationRecord | undefined,
): Seeker {
  const { plan, progress } = x
  return {
    mode: x.mode,
    fingerprint: x.payload?.fingerprint,
    origin: x.payload?.target.origin,
    before,
    seen: x.seen,
    hasActed: x.hasWaited || progress.turns > 0 || progress.asks > 0,
    begunGeneration: x.begunGeneration,
    looks,
    isStopped: x.stopRequest !== undefined,
    nowAt: x.engine.runtime.now(),
    remainingMs: x.remainingMs,
    isFree: record !== undefined && isOpen(record) && isClaimable(x, record),
    rememberMs: plan.settings.rememberMs,
    hasStatus: plan.status !== undefined,
  }
}

async function ended(
  x: RunContext,
  found: Exclude<Found, { kind: 'begin' | 'claim' | 'wait' }>,
): Promise<'held' | End> {
  switch (found.kind) {
    case 'settled':
      return x.record?.state === 'succeeded' ? recalled(x, x.record) : settledEnd(x)
    case 'ask-for-result':
      await recalled(x, found.record)
      x.holding = true
      return 'held'
    case 'dropped':
      x.record = found.about
      return { ...stopped(x, 'forgotten', found.reason), outcome: 'unknown' }
    case 'mismatch':
      return stopped(x, 'payload-mismatch', found.reason)
    case 'sealed':
    case 'unresolved':
      return stopped(x, found.kind, found.reason)
    case 'stopped': {
      const end = stopped(x, stopCode(x.stopRequest ?? 'aborted'), found.reason)
      return x.mayGoOn && end.outcome === 'not-executed' ? { ...end, outcome: 'unknown' } : end
    }
    default:
      return found satisfies never
  }
}

/** Executed before this run did anything: its result again, where it is still remembered. */
async function recalled(x: RunContext, record: SucceededRecord): Promise<End> {
  x.recalled = true
  const { rememberMs } = x.plan.settings
  if (!isRemembered(record, { nowAt: x.engine.runtime.now(), rememberMs })) {
    if (record.result !== undefined) await dropResult(x, record)
    x.record = { ...record, result: undefined }
  }
  return settledEnd(x)
}

/** A result that is remembered no longer leaves the store when it is met; if that fails, the next time. */
async function dropResult(x: RunContext, record: SucceededRecord): Promise<void> {
  try {
    await x.journal.write(factOf(record))
  } catch (error) {
    x.emit({ type: 'store-failed', doing: 'settle', cause: error })
  }
}

/** What was sent before may have been other bytes: then it may not be sent again as it is. */
async function compareBytes(x: RunContext, record: OpenRecord): Promise<void> {
  const { payload, plan } = x
  if (payload === undefined) return
  const bytes: PayloadBytes = await payload.bytes(record.key)
  if (bytes.hash === record.bodyHash) return
  if (plan.settings.profile.comparesBytes) x.unfit = 'its bytes are others now, and the server compares bytes'
  else x.emit({ type: 'bytes-changed' })
}

/** The first or the next generation: a fresh key, in memory until it is written ahead. */
async function begin(x: RunContext, before: FailedRecord | undefined): Promise<'held'> {
  const { payload, plan, identity, engine } = x
  if (payload === undefined) throw new Error('who begins an operation has its request')
  const generation = (before?.generation ?? 0) + 1
  const { scope, name, id } = identity
  const key =
    plan.makeKey === undefined
      ? await engine.runtime.createKey()
      : synchronous(plan.makeKey({ scope, name, id, generation }), `operation(${name}).key`)
  const fault = keyFault(key, plan.settings.profile.key.maxLength)
  if (fault !== undefined) throw configurationError(`operation(${name}).key`, fault)
  const bytes = await payload.bytes(key)
  x.record = newRecord({
    v: 1,
    scope,
    name,
    id,
    generation,
    key,
    // What `forget` or `cancel` left has no key, and proves nothing of what was there before.
    line: before === undefined || before.key === '' ? undefined : lineOf(before),
    fingerprint: payload.fingerprint,
    bodyHash: bytes.hash,
    target: payload.target,
    at: engine.runtime.now(),
    request:
      plan.persist === 'request' && engine.transport.addsQuery !== true
        ? requestToStore(plan, payload, bytes)
        : undefined,
  })
  x.begunGeneration = generation
  x.ownLease = undefined
  x.holding = true
  x.recalled = false
  return 'held'
}
