import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import type { Switches } from './faults.ts'
import { isFault } from './faults.ts'
import type { Charge, Delivery, Ledger } from './ledger.ts'

/** What the page shows beside the shop: the server's side of the story. */
export type OfficeState = Switches & {
  readonly charges: readonly Charge[]
  readonly deliveries: readonly Delivery[]
}

/** Shows the ledger as it changes, and takes what the switches say. It works while the payment server is down. */
export function backOffice(
  ledger: Ledger,
  switches: () => Switches,
  turn: (next: Switches) => Promise<void>,
): { readonly server: Server; readonly publish: () => void } {
  const watchers = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })

  const news = () => {
    const state: OfficeState = {
      ...switches(),
      charges: ledger.charges(),
      deliveries: ledger.deliveries(),
    }
    return `data: ${JSON.stringify(state)}\n\n`
  }
  const publish = () => {
    const text = news()
    for (const watcher of watchers) watcher.write(text)
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const headers = {
      'access-control-allow-origin': request.headers.origin ?? '*',
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'Content-Type',
    }
    if (request.method === 'OPTIONS') return void response.writeHead(204, headers).end()
    if (request.method === 'PUT') {
      const { fault, once } = (await json(request)) as Readonly<Record<string, unknown>>
      if (!isFault(fault)) return void response.writeHead(400, headers).end()
      await turn({ fault, once: once === true })
      return void response.writeHead(204, headers).end()
    }
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(news())
    watchers.add(response)
    response.on('close', () => watchers.delete(response))
  }

  return { server, publish }
}
