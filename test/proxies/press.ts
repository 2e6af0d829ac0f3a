import { createClient, memoryStore } from '../../src/entries/index.ts'
import type { Client, OperationDefinition, Profile } from '../../src/entries/index.ts'
import type { OperationEvent } from '../../src/public/event-listener.ts'

export type Invoice = { readonly id: string; readonly amount: number }

export type Definition = Partial<OperationDefinition<Invoice>>

/** As the client's options have it, ms: seconds in place of minutes, and more of them than a proxy waits. */
export type Patience = {
  readonly timeout?: number
  readonly deadline?: number
  readonly attempts?: number
}

/** A client of a service that calls through a proxy. */
function clientOf(
  baseUrl: string,
  profile: Profile,
  onEvent: (event: OperationEvent) => void,
  { timeout = 15_000, deadline = 20_000, attempts = 2 }: Patience,
): Client {
  return createClient({
    http: { baseUrl },
    store: memoryStore(),
    scope: 'anna',
    profile,
    timeout,
    deadline,
    retry: { attempts, backoff: { base: 1, cap: 2 } },
    poll: { interval: { min: 20, max: 40 }, deadline },
    onEvent,
  })
}

/** One operation, and all that was said on the way, in short: `502 unknown, 201 succeeded → executed`. */
export async function pressed(
  baseUrl: string,
  profile: Profile,
  definition: Definition,
  patience: Patience = {},
  first?: () => unknown,
): Promise<{ readonly told: string; readonly outcome: string }> {
  const said: string[] = []
  const onEvent = (event: OperationEvent) => {
    const one = spoken(event)
    if (one === undefined || one === said.at(-1)) return
    if (said.push(one) === 1) first?.()
  }
  const client = clientOf(baseUrl, profile, onEvent, patience)
  const pay = client.operation<Invoice>({
    name: 'pay',
    id: ({ id }) => id,
    request: invoice => ({ method: 'post', url: 'orders', json: invoice }),
    ...definition,
  })
  const invoice = { id: 'invoice-42', amount: 1999 }
  const end = await pay.start(invoice).settled
  const told = `${said.join(', ')} → ${endOf(end)}`
  await client.close()
  return { told, outcome: end.outcome }
}

function endOf(end: {
  readonly outcome: string
  readonly data?: unknown
  readonly error?: { readonly code: string } | undefined
}): string {
  return end.error === undefined
    ? `${end.outcome} ${JSON.stringify(end.data)}`
    : `${end.outcome}, ${end.error.code}`
}

/** Pauses differ from run to run: what is said again and again is told once, and a question that the deadline cut is not. */
function spoken(event: OperationEvent): string | undefined {
  if (event.type === 'answer') return `${event.status ?? 'no answer'} ${event.verdict}`
  if (event.type !== 'poll' && event.type !== 'query') return undefined
  return event.status === undefined ? undefined : `${event.type} ${event.status} ${event.reading}`
}
