import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

export type Payments = {
  readonly url: string
  /** How often each order was executed, by its id. */
  readonly effects: ReadonlyMap<string, number>
  /** Which keys came for each order. */
  readonly keys: ReadonlyMap<string, ReadonlySet<string>>
  readonly close: () => Promise<void>
}

/**
 * A server that honours keys: the first request of a key is executed, later ones get the same answer. One without a key is
 * executed whenever it comes. Of some requests the answer is lost, after the effect.
 */
export async function startPayments(loses: () => boolean): Promise<Payments> {
  const effects = new Map<string, number>()
  const keys = new Map<string, Set<string>>()
  const answers = new Map<string, string>()

  const server: Server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      const key = String(request.headers['idempotency-key'] ?? `none, ${answers.size}`)
      const { order } = JSON.parse(body) as { order: string }
      keys.set(order, (keys.get(order) ?? new Set()).add(key))
      const isReplay = answers.has(key)
      if (!isReplay) {
        effects.set(order, (effects.get(order) ?? 0) + 1)
        answers.set(key, JSON.stringify({ order, charge: `ch_${answers.size + 1}` }))
      }
      if (loses()) {
        request.socket.destroy()
        return
      }
      response.writeHead(201, {
        'content-type': 'application/json',
        ...(isReplay && { 'idempotent-replayed': 'true' }),
      })
      response.end(answers.get(key))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    effects,
    keys,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
