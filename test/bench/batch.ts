import { setImmediate } from 'node:timers/promises'
import type { Contestant } from './contestants/contestant.ts'

export type Batch = { readonly calls: number; readonly atATime: number }

export type Measured = {
  /** Of the whole process, its garbage collection included, per call. */
  readonly cpuUs: number
  readonly p50Us: number
  readonly perSecond: number
}

/** With the network removed no call leaves the microtasks; a service's event loop turns. */
const CALLS_PER_TURN = 100

/** Runs one batch, `atATime` calls in the air; numbers go on from `first`, so that none is placed twice. */
export async function runBatch(
  contestant: Contestant,
  { calls, atATime }: Batch,
  first: number,
): Promise<Measured> {
  const latencies = new Float64Array(calls)
  let begun = 0
  const caller = async (): Promise<void> => {
    for (let call = begun++; call < calls; call = begun++) {
      const startedMs = performance.now()
      await contestant.place(first + call)
      latencies[call] = performance.now() - startedMs
      if (call % CALLS_PER_TURN === 0) await setImmediate()
    }
  }
  const cpu = process.cpuUsage()
  const startedMs = performance.now()
  await Promise.all(Array.from({ length: atATime }, caller))
  const tookMs = performance.now() - startedMs
  const { user, system } = process.cpuUsage(cpu)
  return {
    cpuUs: (user + system) / calls,
    p50Us: (latencies.toSorted()[Math.floor(calls / 2)] ?? Number.NaN) * 1_000,
    perSecond: (calls / tookMs) * 1_000,
  }
}
