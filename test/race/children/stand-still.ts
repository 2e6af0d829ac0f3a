import { openSync, readSync } from 'node:fs'
import { DatabaseSync, StatementSync } from 'node:sqlite'

/** One call into node:sqlite: the event loop stands still meanwhile. */
export type SqliteCall = {
  readonly what: string
  /** By the clock, less the time in which another process had the processor: what the call itself took. */
  readonly ms: number
  readonly wallMs: number
}

const TICK_MS = 5

type Method = (this: unknown, ...values: unknown[]) => unknown

/** Measures every call into node:sqlite from now on. */
export function watchSqliteCalls(): { readonly longest: () => SqliteCall } {
  let longest: SqliteCall = { what: 'none', ms: 0, wallMs: 0 }
  const waitedMs = processorWait()
  function measure(prototype: object, name: string): void {
    const methods = prototype as Record<string, Method>
    const method = methods[name]
    if (method === undefined) throw new Error(`node:sqlite has no ${name}`)
    methods[name] = function measured(...values) {
      const waitedBefore = waitedMs()
      const begunMs = performance.now()
      try {
        return method.apply(this, values)
      } finally {
        const wallMs = performance.now() - begunMs
        if (wallMs > longest.ms) {
          const ms = wallMs - (waitedMs() - waitedBefore)
          if (ms > longest.ms) longest = { what: `${name} ${sqlOf(this, values)}`, ms, wallMs }
        }
      }
    }
  }
  for (const name of ['run', 'get', 'all']) measure(StatementSync.prototype, name)
  for (const name of ['exec', 'prepare', 'close']) measure(DatabaseSync.prototype, name)
  return { longest: () => longest }
}

/** What the event loop did at most between two turns. */
export type LoopStop = {
  /** For how long this thread ran: what it took, whoever else had the processor meanwhile. */
  readonly cpuMs: number
  readonly wallMs: number
}

/** Watches the event loop with a timer, until it is told to end. */
export function watchEventLoop(): () => LoopStop {
  let longest: LoopStop = { cpuMs: 0, wallMs: 0 }
  let lastMs = performance.now()
  let lastCpu = process.threadCpuUsage()
  const timer = setInterval(() => {
    const nowMs = performance.now()
    const { user, system } = process.threadCpuUsage(lastCpu)
    const cpuMs = (user + system) / 1_000
    if (cpuMs > longest.cpuMs) longest = { cpuMs, wallMs: nowMs - lastMs }
    lastMs = nowMs
    lastCpu = process.threadCpuUsage()
  }, TICK_MS)
  return () => {
    clearInterval(timer)
    return longest
  }
}

function sqlOf(on: unknown, values: readonly unknown[]): string {
  const sql = on instanceof StatementSync ? on.sourceSQL : values[0]
  return (typeof sql === 'string' ? sql : '').replaceAll(/\s+/g, ' ').slice(0, 60)
}

/** How long the main thread of this process was ready and did not run, ms: Linux tells (sched-stats, field 2); elsewhere 0. */
function processorWait(): () => number {
  let file: number
  try {
    file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r')
  } catch {
    return () => 0
  }
  const bytes = Buffer.alloc(64)
  return () => {
    const text = bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0))
    return Number(text.split(' ')[1] ?? 0) / 1e6
  }
}
