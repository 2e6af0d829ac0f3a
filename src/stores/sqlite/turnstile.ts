export type Turnstile = {
  /**
   * Undefined: go on at once. Otherwise a promise that resolves in a later turn of the event loop, in the order of
   * the calls.
   */
  readonly pass: () => Promise<void> | undefined
}

/**
 * Lets at most this many calls through in one turn of the event loop. A read of SQLite is answered at once, so a
 * program that awaits one read after another would otherwise never let the event loop go on.
 */
export function turnstile(mostPerTurn: number): Turnstile {
  let passed = 0
  let isScheduled = false
  let waiting: (() => void)[] = []

  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    setImmediate(nextTurn)
  }

  function nextTurn(): void {
    isScheduled = false
    const next = waiting.slice(0, mostPerTurn)
    waiting = waiting.slice(mostPerTurn)
    passed = next.length
    if (passed > 0) schedule()
    for (const go of next) go()
  }

  return {
    pass: () => {
      schedule()
      if (passed < mostPerTurn && waiting.length === 0) {
        passed += 1
        return undefined
      }
      return new Promise(resolve => waiting.push(resolve))
    },
  }
}
