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

/** Reports how many keys are open whenever metrics are collected. Returns a function that stops the reports. */
export function observeKeys(meter: Meter, { counts }: CountsKeys): () => void {
  const { name, ...options } = SERVER_KEYS
  const open = meter.createObservableUpDownCounter(name, options)
  const observe = async (result: { observe: (value: number, attributes: Attributes) => void }) => {
    const { processing, unknown, lapsed, damaged } = await counts()
    for (const [state, count] of Object.entries({ processing, unknown, lapsed, damaged }))
      result.observe(count, { [A.keyState]: state })
  }
  open.addCallback(observe)
  return () => open.removeCallback(observe)
}
