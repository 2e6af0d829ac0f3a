import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newColumn, runColumn } from './column.ts'
import type { Column, Kill } from './column.ts'
import { tallyOf } from './report/tally.ts'
import type { Tally } from './report/tally.ts'
import { chance } from './world/chance.ts'
import { ordersOf } from './world/orders.ts'

export type Result = { readonly column: Column; readonly tally: Tally }

/** The same orders, faults and kills for two shops at once: one with stillonce, one with fetch and retries. */
export function startDemo(options: {
  readonly seed: number
  readonly orders: number
  readonly kills: number
}) {
  const { seed } = options
  const orders = ordersOf(seed, options.orders)
  const kills = killsOf(seed, options.orders, options.kills)
  const folder = mkdtempSync(join(tmpdir(), 'stillonce-demo-'))

  const run = async (column: Column, program: string): Promise<Result> => {
    const plan = { seed, orders, kills, folder: join(folder, program) }
    return { column, tally: tallyOf(column, await runColumn(column, program, plan), orders) }
  }
  const [ours, rival] = [newColumn('stillonce'), newColumn('fetch and retries')]
  const cleanUp = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', cleanUp)
  const results = Promise.all([run(ours, 'shop.ts'), run(rival, 'naive.ts')]).finally(cleanUp)
  return { columns: [ours, rival], results }
}

/** Spread over the orders, and never at a round number. */
function killsOf(seed: number, orders: number, count: number): readonly Kill[] {
  return Array.from({ length: count }, (_, n) => ({
    closed: Math.round((orders * (n + 0.5 + chance(seed, n, 'kill'))) / (count + 1)),
    delayMs: Math.round(200 * chance(seed, n, 'kill delay')),
  }))
}
