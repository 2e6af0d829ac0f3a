import type { OperationEvent } from 'stillonce'
import type { Fault } from '../world/faults.ts'
import type { Entry, Hop } from '../world/messages.ts'

export type Lane = 'shop' | 'network' | 'payments'

/** One row of the picture. `at` is epoch ms. */
export type Step = { readonly at: number } & (Note | Arrow | Life)

export type Note = {
  readonly kind: 'note'
  readonly lane: Lane
  readonly text: string
  readonly tone: 'begin' | 'plain' | 'doubt' | 'charge' | 'end'
}

export type Arrow = {
  readonly kind: 'arrow'
  readonly from: Lane
  readonly to: Lane
  readonly text: string
  /** `lost`: it does not get there. `broken`: what gets there tells nothing. */
  readonly tone: 'request' | 'answer' | 'lost' | 'broken'
  /** A word beside its end. */
  readonly beside?: string | undefined
  /** What struck the request; named once for each request. */
  readonly fault?: Fault | undefined
}

/** A process of the shop is killed, or the next one is started. */
export type Life = { readonly kind: 'kill' | 'start'; readonly process: number }

/** What the SDK tells of itself, in short. */
export function stepsOfEvent(event: OperationEvent): readonly Step[] {
  const note = (text: string, tone: Note['tone'] = 'plain'): readonly Step[] => [
    { kind: 'note', lane: 'shop', at: event.at, text, tone },
  ]
  switch (event.type) {
    case 'attempt':
      return note(`attempt ${event.attempt}, key ${event.key?.slice(0, 8)}… is on disk`, 'begin')
    case 'answer':
      return event.verdict === 'unknown' ? note(`unknown: ${event.reason}`, 'doubt') : note(event.reason)
    case 'waiting':
      return note(`waits ${event.delayMs} ms`)
    case 'poll':
    case 'query':
      return note(`asked: ${event.reading}`, event.reading === 'inconclusive' ? 'doubt' : 'plain')
    case 'taken-over':
      return note('takes over what the dead process left', 'begin')
    case 'settled':
      return note(event.outcome.toUpperCase(), event.outcome === 'unknown' ? 'doubt' : 'end')
    default:
      return []
  }
}

export function stepsOfEntry({ at, text, charged }: Entry): Step {
  return { kind: 'note', lane: 'payments', at, text, tone: charged ? 'charge' : 'plain' }
}

/** One request: there, as far as it came, and what came back. */
export function stepsOfHop(hop: Hop): readonly Step[] {
  const { fault, forwardedAt, answeredAt } = hop
  const text = hop.request.replace(/\/by-key\/.*/, '/by-key/…')
  const there = { kind: 'arrow', tone: 'request', text, at: hop.arrivedAt, from: 'shop' } as const
  if (forwardedAt === undefined || answeredAt === undefined) {
    if (hop.end === 'nothing') return [{ ...there, to: 'network', tone: 'lost', beside: fault, fault }]
    return [{ ...there, to: 'network' }, fromNetwork(hop)]
  }
  const back = stepsBack(hop, answeredAt)
  if (fault !== 'delayed' && fault !== 'delivered late') return [{ ...there, to: 'payments' }, ...back]
  const onward = `delivered ${forwardedAt - hop.arrivedAt} ms later`
  return [
    { ...there, to: 'network', beside: 'held', fault },
    { ...there, at: forwardedAt, from: 'network', to: 'payments', text: onward },
    ...back,
  ]
}

function stepsBack(hop: Hop, at: number): readonly Step[] {
  const { fault, status } = hop
  const back = { kind: 'arrow', tone: 'answer', text: String(status), at, from: 'payments' } as const
  switch (hop.end) {
    case 'answer':
      return [{ ...back, to: 'shop' }]
    case 'gone':
      return [{ ...back, to: 'shop', tone: 'lost', beside: 'nobody waits for it' }]
    case 'nothing':
      return [{ ...back, to: 'network', tone: 'lost', beside: fault, fault }]
    case 'cut':
      return [{ ...back, to: 'shop', tone: 'broken', text: `${status}, half a body`, fault }]
    case 'reset':
    case 'status':
      return [{ ...back, to: 'network', tone: 'lost' }, fromNetwork(hop)]
    default:
      return hop.end satisfies never
  }
}

/** What the network says in the place of payments. */
function fromNetwork({ endedAt, end, fault }: Hop): Step {
  const text = end === 'reset' ? 'connection reset' : '503 from a gateway'
  return { kind: 'arrow', tone: 'broken', text, at: endedAt, from: 'network', to: 'shop', fault }
}
