import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { nodeListener } from 'stillonce/server/node'

type Serve = (request: Request) => Promise<Response>

/** Serves one route of this process, and the URL of its keys, on a free port that the parent is told. */
export function listen({ post, status }: { readonly post: Serve; readonly status: Serve }): void {
  const posts = nodeListener(post)
  const asks = nodeListener(status)
  const server = createServer((request, response) => {
    const answer = request.method === 'POST' ? posts : asks
    answer(request, response)
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
  process.on('disconnect', () => process.exit())
}
