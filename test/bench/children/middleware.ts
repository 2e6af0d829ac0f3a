import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MISSING } from '../figure.ts'
import type { FetchHandler, HandlerName, MiddlewareName } from '../middlewares.ts'
import { HANDLERS, MIDDLEWARES } from '../middlewares.ts'
import { orMissing } from './missing.ts'

/*
 * A shop behind one middleware, in a process of its own. It is told `calls` to perform itself, without HTTP, or asked
 * with 0 for the CPU time that it has used, in us.
 */
const [name = ''] = process.argv.slice(2)
let placed = 0

if (Object.hasOwn(MIDDLEWARES, name)) {
  const listener = await orMissing<RequestListener>(MIDDLEWARES[name as MiddlewareName])
  if (listener === MISSING) tellMissing()
  else await serve(listener)
} else {
  const handle = await orMissing<FetchHandler>(HANDLERS[name as HandlerName])
  if (handle === MISSING) tellMissing()
  else {
    process.on('message', (calls: number) => void perform(handle, calls))
    process.send?.(0)
  }
}

function tellMissing(): void {
  process.send?.(MISSING, () => process.disconnect())
}

async function serve(listener: RequestListener): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  // Between two turns the others have theirs. A connection that ends meanwhile breaks the next request off, or costs this
  // shop a new one.
  server.keepAliveTimeout = 0
  await once(server, 'listening')
  process.on('message', () => process.send?.(usedUs()))
  process.on('disconnect', () => {
    server.closeAllConnections()
    server.close()
  })
  process.send?.((server.address() as AddressInfo).port)
}

async function perform(handle: FetchHandler, calls: number): Promise<void> {
  for (let call = 0; call < calls; call += 1) {
    const headers = { 'content-type': 'application/json', 'idempotency-key': `key-${(placed += 1)}` }
    const request = new Request('http://shop.test/orders', {
      method: 'POST',
      headers,
      body: '{"item":"tea"}',
    })
    await (await handle(request)).arrayBuffer()
  }
  process.send?.(usedUs())
}

function usedUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
