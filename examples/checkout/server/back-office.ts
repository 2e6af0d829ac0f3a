import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import type { Controls } from './faults.ts'
import { isFault } from './faults.ts'
import type { Lane } from './lanes.ts'
import type { Books, Ledger } from './ledger.ts'

/** What the page shows beside the shop: the server's side of the story, for each lane. */
export type OfficeState = Controls & Readonly<Record<Lane, Books>>

/** Shows the ledgers as they change, and takes what the controls say. It works while the payment server is stopped. */
export function backOffice(
  ledgers: Readonly<Record<Lane, Ledger>>,
  controls: () => Controls,
  turn: (next: Controls) => Promise<void>,
): { readonly server: Server; readonly publish: () => void } {
  const watchers = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })

  const news = () => {
    const state: OfficeState = {
      ...controls(),
      plain: ledgers.plain.books(),
      stillonce: ledgers.stillonce.books(),
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
      const { fault, stopped } = (await json(request)) as Readonly<Record<string, unknown>>
      if (!isFault(fault)) return void response.writeHead(400, headers).end()
      await turn({ fault, stopped: stopped === true })
      return void response.writeHead(204, headers).end()
    }
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(news())
    watchers.add(response)
    response.on('close', () => watchers.delete(response))
  }

  return { server, publish }
}
