import type { Attributes, Meter } from '@opentelemetry/api'
import type { OperationEvent, OperationEventListener } from '../public/event-listener.ts'
import { instrumentsOf } from './instruments.ts'
import { ATTRIBUTES as A, CLIENT_COUNTERS, CLIENT_TIMES } from './names.ts'

/** Turns a client's events into metrics. */
export function clientMetrics(meter: () => Meter): OperationEventListener {
  const { counter, histogram } = instrumentsOf(meter)
  const add = (name: keyof typeof CLIENT_COUNTERS, attributes: Attributes) =>
    counter(CLIENT_COUNTERS[name]).add(1, attributes)
  const record = (name: keyof typeof CLIENT_TIMES, ms: number, attributes: Attributes) =>
    histogram(CLIENT_TIMES[name]).record(ms / 1_000, attributes)

  return event => {
    const about = { [A.operation]: event.name }
    switch (event.type) {
      case 'attempt':
        return add('attempts', about)
      case 'answer':
        return record('attempt', event.durationMs, { ...about, ...attemptEnd(event) })
      case 'poll':
      case 'query':
        return add('polls', { ...about, [A.ask]: event.type, [A.reading]: event.reading })
      case 'settled': {
        const end = { ...about, ...endOf(event) }
        add('operations', end)
        if (event.replayed) add('replays', about)
        return record('operation', event.durationMs, end)
      }
      case 'joined':
        return add('joins', about)
      case 'taken-over':
        return add('takeovers', about)
      case 'claim-lost':
        return add('lostClaims', about)
      case 'late-success':
        return add('lateSuccesses', about)
      case 'store-failed':
        return add('storeFailures', { ...about, [A.doing]: event.doing })
      case 'claimed':
      case 'waiting':
      case 'bytes-changed':
      case 'fact-dropped':
        return undefined
      default:
        return event satisfies never
    }
  }
}

type EventOf<Type extends OperationEvent['type']> = Extract<OperationEvent, { readonly type: Type }>

function endOf({ outcome, reason, code }: EventOf<'settled'>): Attributes {
  return {
    [A.outcome]: outcome,
    ...(reason !== undefined && { [A.reason]: reason }),
    ...(code !== undefined && { [A.errorType]: code }),
  }
}

function attemptEnd({ verdict, status }: EventOf<'answer'>): Attributes {
  return { [A.verdict]: verdict, ...(status !== undefined && { [A.status]: status }) }
}
