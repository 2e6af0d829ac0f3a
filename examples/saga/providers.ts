import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { memoryStore } from 'stillonce'
import { createIdempotency } from 'stillonce/server'
import { nodeListener } from 'stillonce/server/node'

/** How a provider of a part of the trip behaves: `mute` does its work, and its answers are lost. */
export type Mood = 'books' | 'declines' | 'mute'

export type Providers = {
  readonly url: string
  /** What happened, in order: `flight booked`, `hotel declined`, `flight cancelled`, … */
  readonly ledger: readonly string[]
  readonly mood: (part: string, mood: Mood) => void
  /** Called around each piece of work, so that a test can kill who asked for it. */
  readonly onWork: (listener: (when: 'before' | 'after') => void) => void
  readonly close: () => void
}

/** The providers of all parts, as one server that honours keys. */
export async function startProviders(): Promise<Providers> {
  const ledger: string[] = []
  const moods = new Map<string, Mood>()
  let listener: (when: 'before' | 'after') => void = () => {}
  const once = createIdempotency({ store: memoryStore({ maxSettled: Infinity }), scope: 'agency' })

  const work = once.wrap(request => {
    const [part = '', what] = new URL(request.url).pathname.split('/').slice(1)
    listener('before')
    const did = what === 'bookings' ? 'booked' : 'cancelled'
    const isDeclined = did === 'booked' && moods.get(part) === 'declines'
    ledger.push(`${part} ${isDeclined ? 'declined' : did}`)
    listener('after')
    return isDeclined
      ? Response.json({ code: 'sold_out' }, { status: 402 })
      : Response.json({ number: ledger.length }, { status: 201 })
  })
  const serve = nodeListener(work)
  const server = createServer((request, response) => {
    const part = request.url?.split('/')[1] ?? ''
    if (moods.get(part) === 'mute') response.writeHead = () => response.destroy()
    serve(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    ledger,
    mood: (part, mood) => void moods.set(part, mood),
    onWork: next => {
      listener = next
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
