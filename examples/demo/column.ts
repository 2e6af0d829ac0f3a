import { mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OperationEvent, Outcome } from 'stillonce'
import type { LedgerCount } from './world/ledger.ts'
import type { Entry, Hop, Message } from './world/messages.ts'
import type { Order } from './world/orders.ts'
import { ended, launch, listening } from './processes.ts'

/** One shop with a network and a payments server of its own, and all that was seen of them. */
export type Column = {
  readonly title: string
  /** What the customers were told of each order, in this order. */
  readonly words: Map<string, Outcome[]>
  readonly events: OperationEvent[]
  readonly hops: Hop[]
  readonly entries: Entry[]
  /** Epoch ms. */
  readonly starts: number[]
  readonly kills: number[]
}

/** The shop is killed so long after so many customers have their answer. */
export type Kill = { readonly closed: number; readonly delayMs: number }

export type Plan = {
  readonly seed: number
  readonly orders: readonly Order[]
  readonly kills: readonly Kill[]
  /** Where this column keeps its files. */
  readonly folder: string
}

export function newColumn(title: string): Column {
  return { title, words: new Map(), events: [], hops: [], entries: [], starts: [], kills: [] }
}

/** Runs the column to its end and gives what its ledger counts. */
export async function runColumn(column: Column, program: string, plan: Plan): Promise<LedgerCount> {
  const { seed, folder } = plan
  mkdirSync(folder)
  writeFileSync(`${folder}/orders.json`, JSON.stringify(plan.orders))
  const note = (message: Message) => take(column, message)
  const payments = launch('world/payments.ts', [String(seed), folder], note)
  const paymentsUrl = await listening(payments)
  const proxy = launch('world/proxy.ts', [paymentsUrl, String(seed)], note)
  const proxyUrl = await listening(proxy)

  for (const kill of [...plan.kills, undefined]) {
    if ((await openShop(column, program, [proxyUrl, folder], kill)) === 'by itself') break
  }

  // What the network still holds is delivered before anybody counts.
  proxy.send('finish')
  await ended(proxy)
  const answer = await fetch(`${paymentsUrl}/ledger`)
  const count = (await answer.json()) as LedgerCount
  payments.disconnect()
  await ended(payments)
  return count
}

/** Runs the shop until it has served all customers, or is killed in the middle of what it does. */
async function openShop(
  column: Column,
  program: string,
  args: readonly string[],
  kill: Kill | undefined,
): Promise<'by itself' | 'killed'> {
  column.starts.push(Date.now())
  let doomed = kill === undefined
  const shop = launch(program, args, message => {
    take(column, message)
    if (doomed || kill === undefined || closedCount(column) < kill.closed) return
    doomed = true
    void sleep(kill.delayMs).then(() => shop.kill('SIGKILL'))
  })
  const how = await ended(shop)
  if (how === 'killed') column.kills.push(Date.now())
  return how
}

/** How many customers have their answer. */
export function closedCount(column: Column): number {
  return [...column.words.values()].filter(words => words.at(-1) !== 'unknown').length
}

/** Keeps what a process tells. */
function take(column: Column, message: Message): void {
  if (message.type === 'event') column.events.push(message.event)
  if (message.type === 'hop') column.hops.push(message.hop)
  if (message.type === 'entry') column.entries.push(message.entry)
  if (message.type !== 'told') return
  const { order, outcome } = message
  column.words.set(order, [...(column.words.get(order) ?? []), outcome])
}
