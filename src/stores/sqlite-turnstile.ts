import { existsSync, rmSync, writeFileSync } from 'node:fs'

/**
 * SQLite keeps no queue: a process that writes without end leaves the lock free for microseconds at a time, and one
 * that looks every few milliseconds may not meet them for seconds. So who has waited for long leaves a mark beside
 * the file, and who finds it after a commit takes it away and lets the others go first.
 */
export type Turnstile = {
  readonly ask: () => void
  /** Whether somebody asked since the last time. */
  readonly wasAsked: () => boolean
  readonly clear: () => void
}

/** Longer than the longest time between two looks at the lock, so that one of those who wait gets it. */
export const PAUSE_MS = 10

/** How long a process waits before it asks: shorter waits are the usual ones, and worth no pause. */
export const PATIENCE_MS = 10

export function turnstile(path: string): Turnstile {
  const mark = `${path}-waiting`
  const clear = () => ignoreErrors(() => rmSync(mark, { force: true }))
  return {
    ask: () => ignoreErrors(() => writeFileSync(mark, '')),
    wasAsked: () => {
      if (!existsSync(mark)) return false
      clear()
      return true
    },
    clear,
  }
}

/** It is a courtesy: where it is not possible, the waiting is only longer. */
function ignoreErrors(work: () => void): void {
  try {
    work()
  } catch {
    // See above.
  }
}
