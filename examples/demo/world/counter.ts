import { appendFileSync, readFileSync } from 'node:fs'
import type { Outcome } from 'stillonce'
import { tellMain } from './messages.ts'
import type { Order } from './orders.ts'

/** So many customers stand at the counter at once. */
const AT_ONCE = 24
/** An order that is not settled is taken up again so often. */
const TURNS = 8

/**
 * What both shops have in common: they place the orders that are not closed in their book, tell the customers
 * what became of them, and close them. The book outlives the process.
 */
export async function placeOrders(folder: string, pay: (order: Order) => Promise<Outcome>): Promise<void> {
  const orders = JSON.parse(readFileSync(`${folder}/orders.json`, 'utf8')) as readonly Order[]
  const book = `${folder}/book.txt`
  appendFileSync(book, '')
  const closed = new Set(readFileSync(book, 'utf8').split('\n'))
  const queue = orders.filter(({ id }) => !closed.has(id)).map(order => ({ order, turn: 1 }))

  const serve = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { order, turn } = next
      const outcome = await pay(order)
      tellMain({ type: 'told', order: order.id, outcome }, () => {
        if (outcome !== 'unknown') appendFileSync(book, `${order.id}\n`)
      })
      if (outcome === 'unknown' && turn < TURNS) queue.push({ order, turn: turn + 1 })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, serve))
}
