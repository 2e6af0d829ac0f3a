import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sharedTimers } from '../../src/runtime/shared-timers.ts'

describe('timers of one delay that share one of the platform', () => {
  const own: number[] = []
  const timers = (nowMs = () => performance.now()) =>
    sharedTimers({
      after: delayMs => {
        own.push(delayMs)
        return () => {}
      },
      monotonic: nowMs,
    })

  beforeEach(() => {
    own.length = 0
  })

  afterEach(() => {
    vi.useRealTimers()
  })

  function countTimers(): () => number {
    const before = timersAtWork()
    return () => timersAtWork() - before
  }

  function timersAtWork(): number {
    return process.getActiveResourcesInfo().filter(resource => resource === 'Timeout').length
  }

  it('calls back in the order in which they came, each after its delay', async () => {
    const after = timers()
    const heard: string[] = []
    const startedMs = performance.now()
    after(1_000, () => heard.push('first'))
    await sleep(30)
    after(1_000, () => heard.push(`second after ${performance.now() - startedMs >= 1_028}`))
    await sleep(1_100)
    expect(heard).toEqual(['first', 'second after true'])
  })

  it('starts one timer for many, and keeps no process alive for those that were taken back', () => {
    const atWork = countTimers()
    const after = timers()
    const cancels = Array.from({ length: 100 }, () => after(30_000, () => {}))
    expect(atWork()).toBe(1)
    for (const cancel of cancels) cancel()
    expect(atWork()).toBe(0)
    const cancel = after(30_000, () => {})
    expect(atWork()).toBe(1)
    cancel()
    cancel()
    expect(atWork()).toBe(0)
  })

  it('does not call what was taken back, also by the one before it', async () => {
    const after = timers()
    const heard: string[] = []
    after(1_000, () => {
      heard.push('first')
      cancelSecond()
    })
    const cancelSecond = after(1_000, () => heard.push('second'))
    after(1_000, () => heard.push('third'))
    await sleep(1_050)
    expect(heard).toEqual(['first', 'third'])
  })

  it('waits on for those that come while it calls back', async () => {
    const after = timers()
    const heard: string[] = []
    after(1_000, () => void after(1_000, () => heard.push('later')))
    await sleep(1_500)
    expect(heard).toEqual([])
    await sleep(600)
    expect(heard).toEqual(['later'])
  })

  it('leaves short delays, those that no timer holds, and too many of them to timers of their own', () => {
    const after = timers()
    for (const delayMs of [0, 999, Number.NaN, 2 ** 31]) after(delayMs, () => {})
    expect(own).toEqual([0, 999, Number.NaN, 2 ** 31])
    const cancels = Array.from({ length: 40 }, (_, index) => after(1_000 + index, () => {}))
    expect(own).toHaveLength(4 + 8)
    for (const cancel of cancels) cancel()
  })

  it("leaves a test's fake timers to the runtime", () => {
    const after = timers()
    vi.useFakeTimers()
    after(30_000, () => {})
    expect(own).toEqual([30_000])
  })
})
