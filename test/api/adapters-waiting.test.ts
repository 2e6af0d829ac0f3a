import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { within } from '../../src/adapters/waiting.ts'

/* What ends an adapter's waiting, in a runtime that has every signal, and in React Native, which has two classes only. */

/** As in React Native 0.86: https://github.com/mysticatea/abort-controller, which drops the reason. */
class PlainController {
  readonly signal = new PlainSignal()
  abort(): void {
    if (this.signal.aborted) return
    this.signal.aborted = true
    this.signal.dispatchEvent(new Event('abort'))
  }
}
class PlainSignal extends EventTarget {
  aborted = false
}

/** When the signal fires, of 1,000 ms, and the reason that is told then. */
async function told(signal: AbortSignal | undefined): Promise<string> {
  let seen = signal?.aborted === true ? `at once: ${signal.reason?.message}` : 'never'
  signal?.addEventListener('abort', () => {
    seen = `${signal.reason?.name}: ${signal.reason?.message}`
  })
  await vi.advanceTimersByTimeAsync(1_000)
  return seen
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('in React Native', () => {
  beforeEach(() => {
    vi.stubGlobal('AbortController', PlainController)
    vi.stubGlobal('AbortSignal', PlainSignal)
  })

  test('no timeout and no signal end nothing', async () => {
    expect(within(0)).toBeUndefined()
    expect(within(undefined, undefined, {})).toBeUndefined()
  })

  test('a timeout ends the waiting, with its name', async () => {
    expect(await told(within(900))).toBe('TimeoutError: The waiting timed out.')
    expect(await told(within(1_001))).toBe('never')
  })

  test('a signal beside a timeout ends the waiting, and the first reason stays', async () => {
    const caller = new AbortController()
    const joined = within(900, caller.signal)
    await vi.advanceTimersByTimeAsync(500)
    expect(joined?.aborted).toBe(false)
    caller.abort()
    expect(joined?.aborted).toBe(true)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(joined?.reason).toBeUndefined()
  })

  test('a signal that has fired ends the waiting at once', () => {
    const caller = new AbortController()
    caller.abort()
    expect(within(900, caller.signal)?.aborted).toBe(true)
  })

  test('one signal alone is handed on as it is', () => {
    const { signal } = new AbortController()
    expect(within(undefined, signal)).toBe(signal)
  })
})

test('where the runtime has every signal, theirs are used: they are collected with the call', () => {
  const any = vi.spyOn(AbortSignal, 'any')
  const timeout = vi.spyOn(AbortSignal, 'timeout')
  const caller = new AbortController()
  const joined = within(60_000, caller.signal)
  caller.abort(new Error('left'))
  expect(joined?.reason).toMatchObject({ message: 'left' })
  expect([any.mock.calls.length, timeout.mock.calls.length]).toEqual([1, 1])
})
