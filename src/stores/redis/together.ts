import { nextTick } from 'node:process'
import { setImmediate } from 'node:timers'

type Waiting<Work, Result> = {
  readonly work: Work
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

export type Together<Work, Result> = {
  readonly ask: (work: Work) => Promise<Result>
  /** What was asked for leaves now, and not at the end of the turn. */
  readonly leave: () => void
}

export type TogetherRules<Work> = {
  /** Works at a time. */
  readonly most: number
  readonly sizeOf: (work: Work) => number
  /** Of all works of a time; a larger one goes alone. */
  readonly mostSize: number
}

/**
 * What is asked for within one turn of the event loop is done together: a library makes a promise, a timer and an entry in its
 * queue for each command, and the server a start and an entry in its log for each script. What is too much for one script
 * follows in the next turns, one script in each: the server answers the first while this process makes the second, and
 * works at the second while this process goes on with what the first was for. Two that come together are answered together, so
 * that each of both sides waits while the other works.
 *
 * @param doAll gives for each work its result, or the error that it rejects with.
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

  /** The first of those that wait, as many as go together. */
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
        // Behind all that follows from what came in this turn: ticks come when no promise has anything left to do.
        queueMicrotask(() => nextTick(leaveInTurns))
      }),
    leave: () => {
      while (waiting.length > 0) void answer(taken())
    },
  }
}
