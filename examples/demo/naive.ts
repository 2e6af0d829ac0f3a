import { setTimeout as sleep } from 'node:timers/promises'
import type { Outcome } from 'stillonce'
import { placeOrders } from './world/counter.ts'
import { leave } from './world/messages.ts'
import type { Order } from './world/orders.ts'

/* The rival: the same shop with plain fetch and the retry loop that is usually written around it. */
const [baseUrl = '', folder = ''] = process.argv.slice(2)

await placeOrders(folder, pay)
leave()

async function pay(order: Order): Promise<Outcome> {
  for (let attempt = 0; attempt < 4; attempt++) {
    try {
      const response = await fetch(`${baseUrl}/payments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(order),
        signal: AbortSignal.timeout(600),
      })
      if (response.status < 500) {
        await response.json()
        return response.ok ? 'executed' : 'not-executed'
      }
    } catch {
      // Timeout, reset or half an answer: try again.
    }
    await sleep(Math.random() * 50 * 2 ** attempt)
  }
  return 'not-executed'
}
