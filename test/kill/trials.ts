import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { judge, type Violation } from './checker.ts'
import type { Trial } from './plan.ts'
import type { PlantedBug } from './planted-bugs.ts'
import { deferred, numberOf, openShop, type Shop } from './shop.ts'
import type { Doing, RequestKind, Step } from './steps.ts'
import { integrityOf, storedState } from './stored-state.ts'
import { startWorker, type Word, type Worker, type WorkerOrder } from './worker.ts'

/** A trial that broke a promise, or did not come to its steps. */
export type Broken = { readonly trial: Trial; readonly violations: readonly Violation[] }

export type Report = {
  /** How often a process was killed at each step, by name. */
  readonly kills: ReadonlyMap<string, number>
  readonly broken: readonly Broken[]
}

/** Beyond it nothing comes any more; every wait of a worker is a fraction of it. */
const STUCK_MS = 30_000

/** How often the last process runs an operation whose key was refused: once to hear it, once with a new key. */
const MOST_RUNS = 3

/**
 * Runs trials one after the other, on one file, with the next process always started ahead. With a bug in the source
 * it ends at the first trial in which that breaks what it is known to break.
 */
export async function runTrials(trials: readonly Trial[], planted?: PlantedBug): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'stillonce-kill-'))
  const path = join(folder, 'store.db')
  const shop = await openShop((id, key) => storedState(path, id)?.key === key)
  const options = { path, origin: shop.origin, planted: planted?.name }
  const workers = [startWorker(options), startWorker(options)]
  const lane: Lane = {
    path,
    shop,
    current: () => workers[0]!,
    replace: async () => {
      workers.push(startWorker(options))
      await workers.shift()?.kill()
    },
    replaceNext: async () => {
      workers.push(startWorker(options))
      await workers.splice(1, 1)[0]?.kill()
    },
    next: () => workers[1]!,
  }
  const kills = new Map<string, number>()
  const broken: Broken[] = []
  try {
    for (const trial of trials) {
      const violations = await runTrial(lane, trial, kills)
      if (violations.length > 0) broken.push({ trial, violations })
      if (violations.some(({ kind }) => kind === planted?.breaks)) break
    }
    const damage = integrityOf(path)
    const last = trials.at(-1)
    if (damage !== 'ok' && last) {
      broken.push({
        trial: last,
        violations: [{ kind: 'lost', what: `the file is damaged: ${String(damage)}` }],
      })
    }
  } finally {
    for (const worker of workers) await worker.kill()
    await shop.close()
    rmSync(folder, { recursive: true })
  }
  return { kills, broken }
}

type Lane = {
  readonly path: string
  readonly shop: Shop
  readonly current: () => Worker
  readonly next: () => Worker
  /** Kills the current one; the next takes its place. */
  readonly replace: () => Promise<void>
  readonly replaceNext: () => Promise<void>
}

async function runTrial(lane: Lane, trial: Trial, kills: Map<string, number>): Promise<Violation[]> {
  const id = `order-${String(trial.number).padStart(6, '0')}`
  const asides = Array.from({ length: trial.asideCount }, (_, index) => `aside-${trial.number}-${index + 1}`)
  const order = lane.shop.order(id)
  order.treatment = trial.steps[0]?.treatment ?? 'executes'
  const words: Word[] = []
  for (const [index, step] of trial.steps.entries()) {
    // A refusal stays what it is.
    if (index > 0 && order.treatment !== 'declines') order.treatment = 'executes'
    const begun = index === 0 ? asides : []
    const end =
      step.doing === 'run-beside' ? await killBeside(lane, id, step) : await killAt(lane, id, step, begun)
    if (end !== 'killed') {
      order.treatment = 'executes'
      return [{ kind: 'astray', what: `${step.name} was not reached: ${end}` }]
    }
    kills.set(step.name, (kills.get(step.name) ?? 0) + 1)
  }
  if (order.treatment !== 'declines') order.treatment = 'executes'
  const fault = await takeUp(lane, id, trial, words)
  if (fault !== undefined) return [{ kind: 'stuck', what: fault }]
  const doings = new Set<Doing>(trial.steps.map(({ doing }) => doing))
  const violations = judge(id, order, words, storedState(lane.path, id), doings.has('forget'))
  for (const aside of asides) {
    const told: Word[] = []
    const stuck = await performed(lane, { doing: 'run', id: aside, asides: [] }, told)
    if (stuck !== undefined) violations.push({ kind: 'stuck', what: stuck })
    else violations.push(...judge(aside, lane.shop.order(aside), told, storedState(lane.path, aside), false))
  }
  return violations
}

/** Lets the current process go to the step, and kills it there; else what it did. */
async function killAt(lane: Lane, id: string, step: Step, asides: readonly string[]): Promise<string> {
  const { doing, probe, nth } = step
  const conclusion = { order: numberOf(id) }
  const [kind = '', place = ''] = probe.split(' ')
  const sprung = deferred<'reached'>()
  if (place === 'arrived' || place === 'done' || place === 'body') {
    // Half a body is sent; the process itself stands still when it has it.
    const reached = () => place !== 'body' && sprung.resolve('reached')
    lane.shop.trap({ id, kind: kind as RequestKind, at: place, nth, sprung: reached })
  }
  const told = lane.current().perform({ doing, id, asides, conclusion, arm: { probe, nth } })
  const end = await inTime(Promise.race([told, sprung.promise]))
  await lane.replace()
  return end === 'reached' ? 'killed' : JSON.stringify(end)
}

/** The current process has sent, and waits for its answer; the next one waits for it, and is killed in that. */
async function killBeside(lane: Lane, id: string, { probe, nth }: Step): Promise<string> {
  const { held, release } = lane.shop.hold(id)
  const holder = lane.current().perform({ doing: 'run', id, asides: [] })
  await inTime(Promise.race([held, holder]))
  const end = await inTime(lane.next().perform({ doing: 'run-beside', id, asides: [], arm: { probe, nth } }))
  await lane.replaceNext()
  release()
  const told = await inTime(holder)
  const isExecuted = typeof told === 'object' && 'words' in told && told.words[0]?.outcome === 'executed'
  if (!isExecuted) return `the holder ended with ${JSON.stringify(told)}`
  return end === 'reached' ? 'killed' : JSON.stringify(end)
}

/** The last process: what was wanted is asked for again, and then run until it is executed. */
async function takeUp(lane: Lane, id: string, trial: Trial, words: Word[]): Promise<string | undefined> {
  const wasCancelled = trial.steps.some(({ doing }) => doing === 'cancel')
  const first = wasCancelled ? 'cancel' : trial.takeUp
  if (first !== 'run') {
    const fault = await performed(lane, { doing: first, id, asides: [] }, words)
    if (fault !== undefined) return fault
  }
  const cancelled = words.at(-1)
  if (wasCancelled && cancelled?.outcome === 'unknown')
    return `a cancel was not told what became of it: ${JSON.stringify(cancelled)}`
  for (let run = 0; run < MOST_RUNS; run += 1) {
    const fault = await performed(lane, { doing: 'run', id, asides: [] }, words)
    if (fault !== undefined || words.at(-1)?.outcome === 'executed') return fault
  }
  return undefined
}

/** What was said is added to the words; else what went wrong, and then the process is another one. */
async function performed(lane: Lane, order: WorkerOrder, words: Word[]): Promise<string | undefined> {
  const told = await inTime(lane.current().perform(order))
  if (typeof told === 'object' && 'words' in told) {
    words.push(...told.words)
    return undefined
  }
  await lane.replace()
  return `${order.doing} of ${order.id} ended with ${JSON.stringify(told)}`
}

async function inTime<T>(work: Promise<T>): Promise<T | 'nothing, for too long'> {
  const late = deferred<'nothing, for too long'>()
  const timer = setTimeout(() => late.resolve('nothing, for too long'), STUCK_MS)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
