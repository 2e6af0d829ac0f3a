import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
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

  it('starts one timer for many', () => {
    const after = timers()
    const before = timersAtWork()
    const cancels = Array.from({ length: 100 }, () => after(30_000, () => {}))
    expect(timersAtWork() - before).toBe(1)
    for (const cancel of cancels) cancel()
  })

  it('keeps a process alive for those that wait, and for none that was taken back', async () => {
    const lasts = async (work: string) => {
      const module = new URL('../../src/runtime/shared-timers.ts', import.meta.url)
      const runtime = '{ after: () => () => {}, monotonic: () => performance.now() }'
      const script = `const { sharedTimers } = await import('${module}'); const after = sharedTimers(${runtime}); ${work}`
      const startedMs = performance.now()
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
      return [stdout.trim(), performance.now() - startedMs < 20_000]
    }
    const wait = "after(1_000, () => console.log('rang'))"
    expect(await lasts(wait)).toEqual(['rang', true])
    expect(await lasts('after(30_000, () => {})()')).toEqual(['', true])
    // One that comes after the timer was let go is waited for.
    expect(await lasts(`${wait}(); setTimeout(() => ${wait}, 100)`)).toEqual(['rang', true])
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
