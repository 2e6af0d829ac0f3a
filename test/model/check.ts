import { parseArgs } from 'node:util'
import { plant } from '../simulation/plant.ts'
import type { ModelBug } from './planted.ts'
import { MODEL_BUGS } from './planted.ts'
import type { Setting } from './setting.ts'
import { boundsOf, SETTINGS, USUAL } from './setting.ts'
import { loadSubject } from './subject.ts'
import type { Walk } from './walk.ts'
import { walk } from './walk.ts'

const USAGE = `npm run model -- [options]
  Walks through all orders of events of the machine of a run (src/core/run/machine.ts), within bounds that it prints.
  --faults N      so many faults in a history, each at any place (1). By default one takes about 20 s of one processor
                  for a million worlds; each more makes a walk about fifty times as large, so that two take tens of
                  minutes and some gigabytes
  --most N        ends after so many worlds, incomplete
  --planted NAME  with this bug in the source; ends at the first promise that is broken. all: each of them
  --json          one line of JSON, for programs
Which worlds; by default a list of settings, one after the other:
  --runners N     how many call the operation (2)
  --modes M,M     how each of them does: run, resume or ask
  --keys yes|no   whether the server honours keys (yes)
  --status WHAT   none, status: it can be asked, absence: and its "not found" proves something after a while,
                  url: a 202 says where to ask (none)
  --persist WHAT  key, or request (key)
  --payloads WHO  same, or others: the second runner has another payload (same)
  --budget WHAT   full, or empty: for retries and asks (full)
  --sends N --asks N --rests N   bounds of each runner (2)`

const text = { type: 'string' } as const
const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '1' },
    most: text,
    planted: text,
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    runners: text,
    modes: text,
    keys: text,
    status: text,
    persist: text,
    payloads: text,
    budget: text,
    sends: text,
    asks: text,
    rests: text,
  },
})

/** A walk, as it is told to programs. */
export type Told = Walk & { readonly bounds: string; readonly planted?: string; readonly isFound?: boolean }

const told: Told[] = []
if (values.help) console.log(USAGE)
else if (values.planted === undefined) await walkThrough(asked())
else await findPlanted(values.planted)
if (values.json) console.log(JSON.stringify(told))

async function walkThrough(settings: readonly Setting[]): Promise<void> {
  const subject = await loadSubject()
  const mostWorlds = values.most === undefined ? Number.POSITIVE_INFINITY : Number(values.most)
  for (const setting of settings) tell(setting, walk(setting, subject, { mostWorlds }))
  if (told.some(({ broken }) => broken.length > 0)) process.exitCode = 1
}

async function findPlanted(name: string): Promise<void> {
  const bugs = MODEL_BUGS.filter(bug => name === 'all' || bug.name === name)
  if (bugs.length === 0) throw new Error(`there is no bug '${name}'`)
  for (const bug of bugs) await find(bug)
  if (told.some(({ isFound }) => isFound !== true)) process.exitCode = 1
}

/** A bug is found where it breaks the promise that it is said to break; what else it breaks does not count. */
async function find(bug: ModelBug): Promise<void> {
  const setting = { ...USUAL, ...bug.where }
  const found = walk(setting, await loadSubject(plant(bug)), { until: bug.breaks })
  const broken = found.broken.filter(({ rule }) => rule === bug.breaks)
  const isFound = broken.length > 0
  if (!values.json) console.log(`\n${bug.name}: ${isFound ? 'found' : 'NOT FOUND'}`)
  tell(setting, { ...found, broken: isFound ? broken : found.broken }, { planted: bug.name, isFound })
}

function tell(setting: Setting, done: Walk, more: Partial<Told> = {}): void {
  const bounds = boundsOf(setting)
  told.push({ ...done, ...more, bounds })
  if (values.json) return
  const { worlds, moves, steps, isComplete, cpuSeconds, broken } = done
  const speed = Math.round(worlds / cpuSeconds)
  console.log(
    `${bounds}\n  ${grouped(worlds)} worlds, ${grouped(moves)} moves, ${grouped(steps)} steps of the machine; ${isComplete ? 'complete' : 'not complete'}; ${cpuSeconds.toFixed(1)} s of one processor, ${grouped(speed)} worlds a second; ${broken.length} promises broken`,
  )
  for (const { rule, about, history } of broken) {
    console.log(`\n  ${rule}: ${about}`)
    for (const label of history) console.log(`    ${label}`)
  }
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

/** What the options name, or else the whole list. */
function asked(): readonly Setting[] {
  const { runners, modes, keys, status, persist, payloads, budget, sends, asks, rests } = values
  const faults = Number(values.faults)
  const given = {
    ...(runners !== undefined && { modes: Array.from({ length: Number(runners) }, () => 'run' as const) }),
    ...(modes !== undefined && { modes: modes.split(',') as Setting['modes'] }),
    ...(keys !== undefined && { keys: keys === 'yes' }),
    ...(status !== undefined && { status: status as Setting['status'] }),
    ...(persist !== undefined && { persist: persist as Setting['persist'] }),
    ...(payloads !== undefined && { payloads: payloads as Setting['payloads'] }),
    ...(budget !== undefined && { budget: budget as Setting['budget'] }),
    ...(sends !== undefined && { sends: Number(sends) }),
    ...(asks !== undefined && { asks: Number(asks) }),
    ...(rests !== undefined && { rests: Number(rests) }),
  }
  if (Object.keys(given).length > 0) return [{ ...USUAL, ...given, faults }]
  const settings: Setting[] = []
  for (const setting of SETTINGS) settings.push({ ...USUAL, ...setting, faults })
  return settings
}
