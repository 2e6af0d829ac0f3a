/**
 * Time that stands still until it is moved. `until` moves it from one timer to the next, but only when nothing
 * else is left to happen; so a test that waits for hours takes no time, and its order never depends on luck.
 */
export type VirtualClock = {
  /** True time since the beginning, ms. */
  readonly elapsed: () => number
  readonly after: (delayMs: number, callback: () => void) => () => void
  /** Lets everything happen that needs no time. */
  readonly settle: () => Promise<void>
  /** Moves time on by so much, and whatever falls due on the way happens. */
  readonly advance: (ms: number) => Promise<void>
  /** Moves time on until the promise has settled; fails where nothing is left that could settle it. */
  readonly until: <Value>(promise: Promise<Value>) => Promise<Value>
  /** How many timers are set. */
  readonly timerCount: () => number
}

/** Reading a Blob, or loading a module, takes some turns of the event loop. */
const TURNS = 4
const MOST_IDLE_TURNS = 200

export function virtualClock(): VirtualClock {
  let elapsedMs = 0
  let timers: { readonly at: number; readonly callback: () => void }[] = []

  const settle = async () => {
    for (let turn = 0; turn < TURNS; turn++) await new Promise(resolve => setImmediate(resolve))
  }
  const earliest = () => timers.reduce((first, timer) => (timer.at < first.at ? timer : first), timers[0]!)
  const fire = () => {
    const timer = earliest()
    timers = timers.filter(other => other !== timer)
    elapsedMs = Math.max(elapsedMs, timer.at)
    timer.callback()
  }

  return {
    elapsed: () => elapsedMs,
    after(delayMs, callback) {
      const timer = { at: elapsedMs + Math.max(0, delayMs), callback }
      timers.push(timer)
      return () => {
        timers = timers.filter(other => other !== timer)
      }
    },
    settle,
    async advance(ms) {
      const end = elapsedMs + ms
      await settle()
      while (timers.length > 0 && earliest().at <= end) {
        fire()
        await settle()
      }
      elapsedMs = end
    },
    async until(promise) {
      let over = false
      promise.then(
        () => (over = true),
        () => (over = true),
      )
      for (let idleTurns = 0; ; idleTurns++) {
        await settle()
        if (over) return promise
        if (timers.length > 0) {
          fire()
          idleTurns = 0
        } else if (idleTurns > MOST_IDLE_TURNS) {
          throw new Error('nothing is left that could settle what this test waits for')
        }
      }
    },
    timerCount: () => timers.length,
  }
}
