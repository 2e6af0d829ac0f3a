import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'

/*
 * How much of the machine other processes use during a round. On a busy machine this process and Redis share what is
 * left, and then the sum of both counts; on a quiet one they work at the same time. So a rate says little without this.
 */

/** Ends a measurement: the part of all processors that other processes used since it began, from 0 to 1. */
export type OtherWork = () => Promise<number>

/** Linux counts in hundredths of a second (proc(5), USER_HZ). */
const TICK_US = 10_000

export async function otherWork(redis: Redis): Promise<OtherWork> {
  const [before, ownBefore, redisBefore] = [ticks(), process.cpuUsage(), await redisUs(redis)]
  return async () => {
    const { user, system } = process.cpuUsage(ownBefore)
    const ofRedis = (await redisUs(redis)) - redisBefore
    const { busy, all } = ticks()
    const others = (busy - before.busy) * TICK_US - user - system - ofRedis
    return Math.max(0, others / ((all - before.all) * TICK_US))
  }
}

/** Of all processors together: user, nice, system, idle, iowait, irq, softirq, steal. */
function ticks(): { readonly busy: number; readonly all: number } {
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/\s+/) ?? []
  const counts = fields.slice(0, 8).map(Number)
  const all = counts.reduce((sum, count) => sum + count, 0)
  return { all, busy: all - (counts[3] ?? 0) - (counts[4] ?? 0) }
}

async function redisUs(redis: Redis): Promise<number> {
  const seconds = (await redis.info('cpu')).matchAll(/^used_cpu_(?:sys|user):(\S+)/gm)
  return [...seconds].reduce((sum, [, each]) => sum + Number(each) * 1_000_000, 0)
}
