import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HandlerName, MiddlewareName } from '../middlewares.ts'
import { HANDLERS, MIDDLEWARES } from '../middlewares.ts'

/*
 * A shop behind one middleware, in a process of its own. It is told `calls` to perform itself, without HTTP, or asked
 * with 0 for the CPU time that it has used, in us.
 */
const [name = ''] = process.argv.slice(2)
let placed = 0

if (Object.hasOwn(MIDDLEWARES, name)) {
  const server = createServer(await MIDDLEWARES[name as MiddlewareName]()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.on('message', () => process.send?.(usedUs()))
  process.on('disconnect', () => {
    server.closeAllConnections()
    server.close()
  })
  process.send?.((server.address() as AddressInfo).port)
} else {
  const handle = await HANDLERS[name as HandlerName]()
  process.on('message', (calls: number) => void perform(calls))
  process.send?.(0)

  async function perform(calls: number): Promise<void> {
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
}

function usedUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
