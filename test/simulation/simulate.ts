import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import type { Report } from './batch.ts'
import { ANY_RULE, joined, runBatch } from './batch.ts'
import type { Worlds } from './edges.ts'
import { STAGES } from './edges.ts'
import { faultsTold } from './faults.ts'
import { runHistory } from './history.ts'
import type { Plan } from './plan.ts'
import { planOf } from './plan.ts'
import { plant } from './plant.ts'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { PLANTED_EDGE_BUGS } from './planted-edge-bugs.ts'
import { PLANTED_SERVER_BUGS } from './planted-server-bugs.ts'
import { SERVER_STAGES } from './server-stages.ts'
import { shrunk } from './shrink.ts'
import { loadSubject } from './subject.ts'
import { SUBTLE_FAULTS } from './subtle-faults.ts'
import { tableOf } from './table.ts'

const USAGE = `npm run simulate -- [options]
  --histories N   how many (1,000)
  --seed S        the first seed; the next ones follow (by the clock)
  --via WHAT      direct or ky (direct)
  --server WHO    model, or stillonce: the code of stillonce/server, whose processes crash too (model)
  --worlds WHAT   all, plain, edges, or the name of a stage (all; a planted bug says where it lives)
  --jobs J        processes at once (one for each processor)
  --counts        how often each action, fault and event struck
  --show          prints each history, broken or not
  --shrink        a broken history is cut down before it is printed
  --planted NAME  with this bug in the source; ends at the first history that it breaks
  --json          one line of JSON, for programs`

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    via: { type: 'string', default: 'direct' },
    server: { type: 'string', default: 'model' },
    worlds: { type: 'string' },
    jobs: { type: 'string', default: String(availableParallelism()) },
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

// Browsers of Baseline "widely available" have none of it: what leans on it breaks here too.
Reflect.deleteProperty(URL, 'parse')

/** So many broken histories are printed; all are counted. */
const MOST_SHOWN = 3
/** A portion of a process: long enough to pay for its start, short enough for all to end together. */
const PORTION = 2_500

const bug = [...PLANTED_BUGS, ...PLANTED_EDGE_BUGS, ...PLANTED_SERVER_BUGS, ...SUBTLE_FAULTS].find(
  ({ name }) => name === values.planted,
)
if (values.planted !== undefined && bug === undefined) throw new Error(`there is no bug '${values.planted}'`)
const subject = await loadSubject(values.via === 'ky' ? 'ky' : 'direct', bug === undefined ? '' : plant(bug))
const first = Number(values.seed)
const server = values.server === 'stillonce' ? 'stillonce' : 'model'
const worlds = (values.worlds ?? bug?.worlds ?? 'all') as Worlds
if (!['all', 'plain', 'edges', ...STAGES, ...SERVER_STAGES].includes(worlds))
  throw new Error(`there are no worlds '${worlds}'`)
const planned = (seed: number): Plan => planOf(seed, server, worlds)
const histories = Number(values.histories)
const jobs = bug === undefined && !values.show ? Math.min(Number(values.jobs), histories) : 1

const begunMs = performance.now()
const report = jobs > 1 ? await inProcesses() : await here()
const seconds = (performance.now() - begunMs) / 1_000
const brokenSeeds = Object.entries(report.broken)
if (values.json) console.log(JSON.stringify(report))
else await tell()
process.exitCode = brokenSeeds.length === 0 ? 0 : 1

async function here(): Promise<Report> {
  if (values.show && !values.shrink) {
    for (let seed = first; seed < first + histories; seed++)
      console.log(tableOf(await runHistory(planned(seed), { subject, recorded: true }), planned(seed)))
  }
  return runBatch(subject, { first, histories, server, worlds, stopsAt: bug && (bug.breaks ?? ANY_RULE) })
}

/** The same histories in portions, so many processes at once. */
async function inProcesses(): Promise<Report> {
  const size = Math.min(PORTION, Math.ceil(histories / jobs))
  const portions = Array.from({ length: Math.ceil(histories / size) }, (_, index) => index * size)
  const reports: Report[] = []
  const next = async (): Promise<void> => {
    for (let from = portions.shift(); from !== undefined; from = portions.shift())
      reports.push(await portion(first + from, Math.min(size, histories - from)))
  }
  await Promise.all(Array.from({ length: jobs }, next))
  return joined(reports)
}

async function portion(seed: number, count: number): Promise<Report> {
  const options = [
    '--histories',
    String(count),
    '--seed',
    String(seed),
    '--via',
    values.via,
    '--server',
    server,
    '--worlds',
    worlds,
  ]
  const run = promisify(execFile)(
    process.execPath,
    [fileURLToPath(import.meta.url), ...options, '--jobs', '1', '--json'],
    { maxBuffer: 64 * 1024 * 1024 },
  )
  // A broken history exits with 1, and is in the report; one that prints none crashed.
  const { stdout } = await run.catch((error: { stdout: string; stderr: string }) => {
    if (!error.stdout.startsWith('{')) throw new Error(error.stderr)
    return error
  })
  return JSON.parse(stdout) as Report
}

async function tell(): Promise<void> {
  if (values.counts) {
    for (const [kind, count] of Object.entries(report.counts).toSorted((a, b) => b[1] - a[1]))
      console.log(String(count).padStart(9), kind)
  }
  for (const [seed, rules] of brokenSeeds.slice(0, MOST_SHOWN)) await show(Number(seed), rules)
  const rate = (report.histories / seconds).toFixed(0)
  console.log(
    `${report.histories} histories from seed ${first} in ${seconds.toFixed(1)} s (${rate}/s): ${brokenSeeds.length} broken`,
  )
  console.log(faultsTold(report, server))
  for (const [seed, rules] of brokenSeeds) console.log(`  seed ${seed}: ${rules.join(', ')}`)
}

async function show(seed: number, rules: readonly string[]): Promise<void> {
  if (values.show && !values.shrink) return
  const options = { subject, recorded: true }
  const plan = values.shrink ? await shrunk(planned(seed), rules, options) : planned(seed)
  console.log(tableOf(await runHistory(plan, options), plan))
  const via = values.via === 'ky' ? ' --via ky' : ''
  const at = server === 'model' ? '' : ` --server ${server}`
  const planted = bug === undefined ? '' : ` --planted '${bug.name}'`
  const cut = values.shrink ? '--shrink' : '--show'
  const among = values.worlds === undefined ? '' : ` --worlds '${worlds}'`
  const command = `npm run simulate -- --histories 1 --seed ${seed}${via}${at}${planted}${among} ${cut}`
  console.log(`\nreplay: ${command}\n`)
}
