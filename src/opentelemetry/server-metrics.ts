import type { Attributes, Meter } from '@opentelemetry/api'
import type { KeyEventListener } from '../server/events.ts'
import type { KeyCounts } from '../server/keys/open-keys.ts'
import { instrumentsOf } from './instruments.ts'
import { ATTRIBUTES as A, SERVER_COUNTERS, SERVER_KEYS, SERVER_TIME } from './names.ts'

/** Turns a server's events into metrics. */
export function serverMetrics(meter: () => Meter): KeyEventListener {
  const { counter, histogram } = instrumentsOf(meter)
  const add = (name: keyof typeof SERVER_COUNTERS, attributes: Attributes = {}) =>
    counter(SERVER_COUNTERS[name]).add(1, attributes)

  return ({ type, durationMs }) => {
    switch (type) {
      case 'claimed':
      case 'taken-over':
        return add('claims', { [A.claim]: type === 'claimed' ? 'new' : 'taken-over' })
      case 'completed':
      case 'released':
      case 'fenced':
      case 'outcome-unknown':
        // With a duration, the event is the end of a run. Without one, the event is the answer to a later request.
        if (durationMs === undefined) return add('duplicates', { [A.duplicate]: type })
        return histogram(SERVER_TIME).record(durationMs / 1_000, { [A.end]: type })
      case 'replayed':
      case 'in-progress':
      case 'payload-mismatch':
        return add('duplicates', { [A.duplicate]: type })
      case 'late-success':
        return add('lateSuccesses')
      case 'too-many-open':
        return add('refusals')
      case 'store-failed':
        return add('storeFailures')
      case 'dropped':
        return add('dropped')
      case 'sealed':
      case 'concluded':
      case 'mended':
        return undefined
      default:
        return type satisfies never
    }
  }
}

/** An object that counts a server's keys: the result of `createIdempotency`. */
export type CountsKeys = { readonly counts: () => Promise<KeyCounts> }

/**
 * A collection waits at most this long for the count, ms. All other metrics wait with it, and Prometheus gives up
 * after 10 s.
 */
const COUNTED_WITHIN_MS = 5_000
/** A count that takes longer is given up, ms: its answer may be lost. */
const GIVEN_UP_AFTER_MS = 60_000

/**
 * Reports how many keys are open whenever metrics are collected. A collection during which the store does not answer
 * has no such figures, and the next one waits for the same count. Returns a function that stops the reports.
 */
export function observeKeys(meter: Meter, { counts }: CountsKeys): () => void {
  const { name, ...options } = SERVER_KEYS
  const open = meter.createObservableUpDownCounter(name, options)
  let counting: Promise<KeyCounts | undefined> | undefined
  const observe = async (result: { observe: (value: number, attributes: Attributes) => void }) => {
    counting ??= within(GIVEN_UP_AFTER_MS, counts(), { holdsProcess: false }).finally(
      () => (counting = undefined),
    )
    const counted = await within(COUNTED_WITHIN_MS, counting, { holdsProcess: true })
    if (counted === undefined) return
    const { processing, unknown, lapsed, damaged } = counted
    for (const [state, count] of Object.entries({ processing, unknown, lapsed, damaged }))
      result.observe(count, { [A.keyState]: state })
  }
  open.addCallback(observe)
  return () => open.removeCallback(observe)
}

/** Undefined if the work takes longer. `holdsProcess`: whether the process stays alive for this wait. */
function within<Value>(
  ms: number,
  work: Promise<Value>,
  { holdsProcess }: { readonly holdsProcess: boolean },
): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    // oxlint-disable-next-line no-restricted-globals -- the runtime of a server would come into the client's chunk
    const timer = setTimeout(resolve, ms)
    const held: unknown = timer
    if (!holdsProcess) (held as { unref?: () => void }).unref?.()
    void work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
