import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { memoryStore } from '../../../src/entries/index.ts'
import { nodeListener } from '../../../src/entries/server-node.ts'
import { createIdempotency } from '../../../src/entries/server.ts'
import { faultProxy, type FaultProxy, type ProxyFault } from '../../../src/testing/fault-proxy.ts'

export type Bank = {
  /** Its address, at the end of a network that breaks. */
  readonly url: string
  readonly proxy: FaultProxy
  readonly payments: readonly string[]
  /** What each request meets from now on; undefined is nothing. */
  readonly always: (fault: ProxyFault | undefined) => void
  readonly close: () => Promise<void>
}

/** A bank that honours keys, and declines what is over 1,000. */
export async function openBank(): Promise<Bank> {
  const payments: string[] = []
  let fault: ProxyFault | undefined
  const keys = createIdempotency({ store: memoryStore({ maxSettled: Infinity }), scope: () => 'shop' })
  const pay = keys.wrap(async request => {
    const { id, amount } = (await request.json()) as { readonly id: string; readonly amount: number }
    if (amount > 100_000) return Response.json({ message: 'The account is empty.' }, { status: 402 })
    payments.push(id)
    return Response.json({ payment: `p_${payments.length}` }, { status: 201 })
  })
  const server = createServer(nodeListener(pay)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const proxy = await faultProxy({ to: `http://127.0.0.1:${port}`, fault: () => fault })
  return {
    url: `${proxy.url}/`,
    proxy,
    payments,
    always: met => {
      fault = met
    },
    close: async () => {
      await proxy.close()
      server.closeAllConnections()
      server.close()
    },
  }
}
