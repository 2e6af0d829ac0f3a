import { createClient, ietf, memoryStore } from 'stillonce/core'
import { fetchTransport } from 'stillonce/fetch'
import type { Contestant, Order, Surroundings } from './contestant.ts'
import { PATH, orderOf } from './contestant.ts'
import { sent } from './fetch.ts'

/** 1 MB as JSON. */
const NOTE = 'x'.repeat(1_000_000)

type Annotated = Order & { readonly note: string }

function annotated(number: number): Annotated {
  return { ...orderOf(number), note: NOTE }
}

export function openLargeWithFetch({ baseUrl }: Surroundings): Contestant {
  return { place: number => sent(baseUrl, annotated(number), crypto.randomUUID()) }
}

/** The request is stored before it is sent, so that another process could send it. */
export function openLargeKept({ baseUrl }: Surroundings): Contestant {
  const client = createClient({
    store: memoryStore(),
    scope: 'user-1',
    profile: ietf,
    transport: fetchTransport({ baseUrl }),
  })
  const placeOrder = client.operation({
    name: 'place-order',
    persist: 'request',
    id: (order: Annotated) => String(order.number),
    request: order => ({ method: 'post', url: PATH, json: order }),
  })
  return { place: number => placeOrder.run(annotated(number)), close: () => client.close() }
}
