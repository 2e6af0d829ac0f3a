import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import type { Worlds } from './edges.ts'
import { STAGES } from './edges.ts'
import { faultsTold } from './faults.ts'
import { inProcesses } from './in-processes.ts'
import type { Report } from './report.ts'
import { joined } from './report.ts'
import { SERVER_STAGES } from './server-stages.ts'

const USAGE = `npm run simulate -- [options]
  --histories N   how many (1,000)
  --seed S        the first seed; the next ones follow (by the clock)
  --via WHAT      direct or ky (direct)
  --server WHO    model, or stillonce: the code of stillonce/server, whose processes crash too (model)
  --worlds WHAT   all, plain, edges, outbox, or the name of a stage (all; a planted bug says where it lives)
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

/** So many broken histories are printed; all are counted. */
const MOST_SHOWN = 3
const via = values.via === 'ky' ? 'ky' : 'direct'
const first = Number(values.seed)
const server = values.server === 'stillonce' ? 'stillonce' : 'model'
const histories = Number(values.histories)
const isSplit = values.planted === undefined && !values.show && Number(values.jobs) > 1 && histories > 1
// Who only gives out the work loads nothing of what is simulated: the processes want the processors.
const here = isSplit ? undefined : await alone()
const worlds = (values.worlds ?? here?.bug?.worlds ?? 'all') as Worlds
if (!['all', 'plain', 'edges', 'outbox', ...STAGES, ...SERVER_STAGES].includes(worlds))
  throw new Error(`there are no worlds '${worlds}'`)

const begunMs = performance.now()
const report = await (here === undefined ? split() : here.run({ first, histories, server, worlds }, values))
const seconds = (performance.now() - begunMs) / 1_000
const brokenSeeds = Object.entries(report.broken)
if (values.json) console.log(JSON.stringify(report))
else await tell()
process.exitCode = brokenSeeds.length === 0 ? 0 : 1

async function split(): Promise<Report> {
  return joined(await inProcesses({ first, histories, server, worlds }, via, Number(values.jobs)))
}

/** What runs histories in this process, and prints them. */
async function alone() {
  const { inThisProcess } = await import('./in-this-process.ts')
  return inThisProcess(via, values.planted)
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
  const printer = here ?? (await alone())
  console.log(await printer.shown(seed, { server, worlds, shrinks: values.shrink ? rules : undefined }))
  const through = via === 'ky' ? ' --via ky' : ''
  const at = server === 'model' ? '' : ` --server ${server}`
  const planted = values.planted === undefined ? '' : ` --planted '${values.planted}'`
  const cut = values.shrink ? '--shrink' : '--show'
  const among = values.worlds === undefined ? '' : ` --worlds '${worlds}'`
  const command = `npm run simulate -- --histories 1 --seed ${seed}${through}${at}${planted}${among} ${cut}`
  console.log(`\nreplay: ${command}\n`)
}
