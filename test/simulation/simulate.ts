import { parseArgs } from 'node:util'
import { runHistory } from './history.ts'
import type { Plan } from './plan.ts'
import { planOf } from './plan.ts'
import { plant } from './plant.ts'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { shrunk } from './shrink.ts'
import { loadSubject } from './subject.ts'
import { tableOf } from './table.ts'

const USAGE = `npm run simulate -- [options]
  --histories N   how many (1,000)
  --seed S        the first seed; the next ones follow (by the clock)
  --via WHAT      direct or ky (direct)
  --counts        how often each kind of fault struck
  --show          prints the history, broken or not
  --shrink        a broken history is cut down before it is printed
  --planted NAME  with this bug in the source; ends at the first history that it breaks
  --json          one line of JSON at the end, for programs`

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    via: { type: 'string', default: 'direct' },
    planted: { type: 'string' },
    counts: { type: 'boolean', default: false },
    show: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(USAGE)
  process.exit()
}

/** So many broken histories are printed; all are counted. */
const MOST_SHOWN = 3
const bug = PLANTED_BUGS.find(({ name }) => name === values.planted)
if (values.planted !== undefined && bug === undefined) throw new Error(`there is no bug '${values.planted}'`)
const subject = await loadSubject(values.via === 'ky' ? 'ky' : 'direct', bug === undefined ? '' : plant(bug))
const first = Number(values.seed)
const histories = Number(values.histories)
const counts = new Map<string, number>()
const brokenSeeds = new Map<number, readonly string[]>()
let current = first
let stray: string | undefined
process.on('unhandledRejection', error => (stray = error instanceof Error ? error.message : 'not an error'))
const begunMs = performance.now()
for (; current < first + histories; current++) {
  const plan = planOf(current)
  const result = await runHistory(plan, { subject, recorded: values.show })
  for (const [kind, count] of result.counts) counts.set(kind, (counts.get(kind) ?? 0) + count)
  if (values.show && !values.shrink) console.log(tableOf(result, plan))
  const rules = result.violations.map(({ rule }) => rule)
  if (stray !== undefined) rules.push(`no unhandled rejection: ${stray}`)
  stray = undefined
  if (rules.length === 0) continue
  brokenSeeds.set(current, rules)
  if (bug !== undefined) break
  if (brokenSeeds.size <= MOST_SHOWN) await show(plan, rules)
}
const seconds = (performance.now() - begunMs) / 1_000
if (values.counts) {
  for (const [kind, count] of [...counts].toSorted((a, b) => b[1] - a[1]))
    console.log(String(count).padStart(9), kind)
}
const done = bug === undefined ? histories : current - first
if (values.json) {
  console.log(
    JSON.stringify({
      histories: done,
      broken: Object.fromEntries(brokenSeeds),
      counts: Object.fromEntries(counts),
    }),
  )
} else {
  const rate = (done / seconds).toFixed(0)
  console.log(
    `${done} histories from seed ${first} in ${seconds.toFixed(1)} s (${rate}/s): ${brokenSeeds.size} broken`,
  )
  for (const [seed, rules] of brokenSeeds) console.log(`  seed ${seed}: ${[...new Set(rules)].join(', ')}`)
}
process.exitCode = brokenSeeds.size === 0 ? 0 : 1

async function show(plan: Plan, rules: readonly string[]): Promise<void> {
  if (values.json || (values.show && !values.shrink)) return
  const options = { subject, recorded: true }
  const smallest = values.shrink ? await shrunk(plan, rules, options) : plan
  console.log(tableOf(await runHistory(smallest, options), smallest))
  console.log(
    `\nreplay: npm run simulate -- --histories 1 --seed ${plan.seed} --show${values.shrink ? ' --shrink' : ''}\n`,
  )
}
