/** `npm run test:kill`: see USAGE. */
import { parseArgs } from 'node:util'
import type { Violation } from './checker.ts'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { runKills, tellBroken } from './run-kills.ts'

const USAGE = `npm run test:kill -- [options]
  --count N       how many processes are killed, evenly over the named steps (100)
  --seed S        which trials (by the clock)
  --only T        the trial with this number alone
  --lanes L       so many trials at a time (2)
  --planted NAME  with this bug in the source (planted-bugs.ts)`

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    only: { type: 'string' },
    lanes: { type: 'string', default: '2' },
    planted: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(USAGE)
  process.exit()
}

const planted = PLANTED_BUGS.find(({ name }) => name === values.planted)
if (values.planted !== undefined && planted === undefined)
  throw new Error(`there is no bug '${values.planted}'`)
const killing = {
  count: Number(values.count),
  seed: Number(values.seed),
  lanes: Number(values.lanes),
  only: values.only === undefined ? undefined : Number(values.only),
  planted,
}
const begunMs = performance.now()
const { perStep, count, broken } = await runKills(killing)
const seconds = ((performance.now() - begunMs) / 1_000).toFixed(1)
for (const [name, kills] of perStep) console.log(`${String(kills).padStart(6)}  ${name}`)
for (const each of broken) console.log(`\n${tellBroken(each, killing)}`)
console.log(
  `\n${count} kills at ${perStep.size} named steps, seed ${killing.seed}, in ${seconds} s: ` +
    `${trialsWith('lost')} lost, ${trialsWith('doubled')} doubled, ${trialsWith('stuck')} stuck, ` +
    `${trialsWith('untrue')} told untruly, ${trialsWith('astray')} astray`,
)
process.exitCode = broken.length === 0 ? 0 : 1

function trialsWith(kind: Violation['kind']): number {
  return broken.filter(({ violations }) => violations.some(violation => violation.kind === kind)).length
}
