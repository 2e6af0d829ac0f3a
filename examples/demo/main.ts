import { mkdirSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startDemo } from './demo.ts'
import { lifeOf, mostEventful } from './report/life.ts'
import { pictureOf } from './report/picture.ts'
import { showProgress } from './report/progress.ts'
import { tableOf } from './report/table.ts'
import { isFlawless } from './report/tally.ts'

/* npm run demo [-- --seed N]: exits with 1 where our column is not flawless. */
const ORDERS = 300
const KILLS = 5
const LONGEST_MS = 58_000

const { values } = parseArgs({ options: { seed: { type: 'string' } } })
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000))
if (!Number.isSafeInteger(seed)) fail('--seed takes a whole number.')

console.log(
  `${ORDERS} orders, each paid over a network that breaks, by a shop that is killed ${KILLS} times.`,
)
console.log(`Seed ${seed}. The same again: npm run demo -- --seed ${seed}\n`)
const timer = setTimeout(() => {
  fail(`Not finished within ${LONGEST_MS / 1_000} s.`)
}, LONGEST_MS)

const { columns, results } = startDemo({ seed, orders: ORDERS, kills: KILLS })
const endProgress = showProgress(columns, ORDERS)
const [ours, rival] = await results
endProgress()
clearTimeout(timer)

console.log(`\n${tableOf([ours, rival])}\n`)
console.log(`One order's life: ${drawOne()}`)
if (!isFlawless(ours.tally))
  fail('This must not happen: an order of ours was doubled, lost, told wrongly or left unknown.')

function drawOne(): string {
  const order = mostEventful(ours.column)
  const folder = new URL('./out/', import.meta.url)
  const file = fileURLToPath(new URL('order-life.svg', folder))
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, pictureOf(order, seed, lifeOf(ours.column, order)))
  return relative(process.cwd(), file)
}

function fail(why: string): never {
  console.error(`\n${why}`)
  process.exit(1)
}
