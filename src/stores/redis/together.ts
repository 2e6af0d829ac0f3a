import { nextTick } from 'node:process'
import { setImmediate } from 'node:timers'

type Waiting<Work, Result> = {
  readonly work: Work
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

export type Together<Work, Result> = {
  readonly ask: (work: Work) => Promise<Result>
  /** Sends the requested works now, instead of at the end of the turn. */
  readonly leave: () => void
}

export type TogetherRules<Work> = {
  /** The most works in one batch. */
  readonly most: number
  readonly sizeOf: (work: Work) => number
  /** The largest total size of a batch; a larger work goes alone. */
  readonly mostSize: number
}

/**
 * Does everything that is requested within one turn of the event loop together. That saves the library a promise, a
 * timer and a queue entry for each command, and the server a start and a log entry for each script. What is too much
 * for one script follows in the next turns, one script per turn. So while the server runs one script, this process
 * builds the next one or goes on with the answers of the last one. Two scripts that arrive together are answered
 * together, and then each side waits while the other works.
 *
 * @param doAll returns the result of each work, or the error that the work rejects with.
 */
export function together<Work, Result>(
  { most, sizeOf, mostSize }: TogetherRules<Work>,
  doAll: (works: readonly Work[]) => Promise<readonly (Result | Error)[]>,
): Together<Work, Result> {
  let waiting: Waiting<Work, Result>[] = []
  let isLeaving = false

  function leaveInTurns(): void {
    void answer(taken())
    if (waiting.length > 0) setImmediate(leaveInTurns)
    else isLeaving = false
  }

  /** The first waiting works, as many as fit in one batch. */
  function taken(): readonly Waiting<Work, Result>[] {
    let count = 0
    let size = 0
    for (const { work } of waiting) {
      size += sizeOf(work)
      if (count === most || (count > 0 && size > mostSize)) break
      count += 1
    }
    const some = count === waiting.length ? waiting : waiting.slice(0, count)
    waiting = count === waiting.length ? [] : waiting.slice(count)
    return some
  }

  async function answer(some: readonly Waiting<Work, Result>[]): Promise<void> {
    if (some.length === 0) return
    try {
      const results = await doAll(some.map(({ work }) => work))
      for (const [at, { resolve, reject }] of some.entries()) {
        const result =
          at < results.length ? results[at] : new Error('There is no answer to a part of what was asked.')
        if (result instanceof Error) reject(result)
        else resolve(result as Result)
      }
    } catch (error) {
      for (const { reject } of some) reject(error)
    }
  }

  return {
    ask: work =>
      new Promise((resolve, reject) => {
        waiting.push({ work, resolve, reject })
        if (isLeaving) return
        isLeaving = true
        // Sends after everything that follows from this turn's events: a tick comes when no promise has anything left
        // to do.
        queueMicrotask(() => nextTick(leaveInTurns))
      }),
    leave: () => {
      while (waiting.length > 0) void answer(taken())
    },
  }
}
