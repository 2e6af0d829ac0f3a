import { parseArgs } from 'node:util'
import { runHistory } from './history.ts'
import { planOf } from './plan.ts'
import { loadSubject } from './subject.ts'
import { tableOf } from './table.ts'

/*
 * node test/simulation/simulate.ts --histories 10000 --seed 1
 * node test/simulation/simulate.ts --seed 4711 --histories 1 --show
 */
const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    via: { type: 'string', default: 'direct' },
    most: { type: 'string', default: '5' },
    show: { type: 'boolean', default: false },
    counts: { type: 'boolean', default: false },
  },
})
const subject = await loadSubject(values.via === 'ky' ? 'ky' : 'direct')
const first = Number(values.seed)
const counts = new Map<string, number>()
let current = first
let failed = 0
const rules = new Map<string, number[]>()
process.on('unhandledRejection', error => {
  console.log(`seed ${current}: an unhandled rejection:`, error)
  failed++
})
const begun = performance.now()
for (current = first; current < first + Number(values.histories); current++) {
  const plan = planOf(current)
  const result = await runHistory(plan, { subject, recorded: values.show })
  for (const [kind, count] of result.counts) counts.set(kind, (counts.get(kind) ?? 0) + count)
  if (values.show) console.log(tableOf(result, plan))
  if (result.violations.length === 0) continue
  failed++
  for (const { rule } of result.violations) rules.set(rule, [...(rules.get(rule) ?? []), current])
  if (failed <= Number(values.most) && !values.show) {
    for (const { rule, detail } of result.violations) console.log(`seed ${current}: ${rule}: ${detail}`)
  }
}
const seconds = (performance.now() - begun) / 1_000
for (const [rule, seeds] of rules)
  console.log(`${rule}: ${seeds.length} (${[...new Set(seeds)].slice(0, 8).join(' ')})`)
if (values.counts)
  for (const [kind, count] of [...counts].toSorted((a, b) => b[1] - a[1]))
    console.log(String(count).padStart(8), kind)
console.log(
  `${values.histories} histories from seed ${first} in ${seconds.toFixed(1)} s (${(Number(values.histories) / seconds).toFixed(0)}/s): ${failed} broken`,
)
process.exitCode = failed === 0 ? 0 : 1
