import { execFile } from 'node:child_process'
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
    const waited = (name: string) => {
      const startedMs = performance.now()
      return new Promise<number>(resolve => {
        after(1_000, () => {
          heard.push(name)
          resolve(performance.now() - startedMs)
        })
      })
    }
    const first = waited('first')
    // Long enough after it to be due by itself: Node's timers count whole milliseconds.
    await new Promise<void>(resolve => setTimeout(resolve, 30))
    const [firstMs, secondMs] = await Promise.all([first, waited('second')])
    expect(heard).toEqual(['first', 'second'])
    expect([firstMs >= 998, secondMs >= 998]).toEqual([true, true])
  })

  it('starts one timer for many', () => {
    const after = timers()
    const before = timersAtWork()
    const cancels = Array.from({ length: 100 }, () => after(30_000, () => {}))
    expect(timersAtWork() - before).toBe(1)
    for (const cancel of cancels) cancel()
  })

  it('keeps a process alive for those that wait, and for none that was taken back', async () => {
    const lasts = async (work: string, before = '') => {
      const module = new URL('../../src/runtime/shared-timers.ts', import.meta.url)
      const runtime = '{ after: () => () => {}, monotonic: () => performance.now() }'
      const script = `${before}; const { sharedTimers } = await import('${module}'); const after = sharedTimers(${runtime}); ${work}`
      const startedMs = performance.now()
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
      return [stdout.trim(), performance.now() - startedMs < 20_000]
    }
    const wait = "after(1_000, () => console.log('rang'))"
    expect(await lasts(wait)).toEqual(['rang', true])
    expect(await lasts('after(30_000, () => {})()')).toEqual(['', true])
    // One that comes after the timer was let go is waited for; also where a page is played, whose timers are numbers.
    const played = 'const own = setTimeout; globalThis.setTimeout = (...args) => Number(own(...args))'
    const later = `${wait}(); setTimeout(() => ${wait}, 100)`
    expect(await Promise.all([lasts(later), lasts(later, played)])).toEqual([
      ['rang', true],
      ['rang', true],
    ])
  })

  it('does not call what was taken back, also by the one before it', async () => {
    const after = timers()
    const heard: string[] = []
    after(1_000, () => {
      heard.push('first')
      cancelSecond()
    })
    const cancelSecond = after(1_000, () => heard.push('second'))
    await new Promise<void>(resolve => {
      after(1_000, () => {
        heard.push('third')
        resolve()
      })
    })
    expect(heard).toEqual(['first', 'third'])
  })

  it('waits on for those that come while it calls back', async () => {
    const after = timers()
    const startedMs = performance.now()
    await new Promise<void>(resolve => after(1_000, () => void after(1_000, resolve)))
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(1_996)
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
