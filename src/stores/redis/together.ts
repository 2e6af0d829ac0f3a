import { nextTick } from 'node:process'

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
 * queue for each command, and the server a start and an entry in its log for each script.
 */
export function together<Work, Result>(
  { most, sizeOf, mostSize }: TogetherRules<Work>,
  doAll: (works: readonly Work[]) => Promise<readonly Result[]>,
): Together<Work, Result> {
  let waiting: Waiting<Work, Result>[] = []

  function leave(): void {
    const all = waiting
    waiting = []
    let some: Waiting<Work, Result>[] = []
    let size = 0
    for (const each of all) {
      size += sizeOf(each.work)
      if (some.length === most || (some.length > 0 && size > mostSize)) {
        void answer(some)
        some = []
        size = sizeOf(each.work)
      }
      some.push(each)
    }
    if (some.length > 0) void answer(some)
  }

  async function answer(some: readonly Waiting<Work, Result>[]): Promise<void> {
    try {
      const results = await doAll(some.map(({ work }) => work))
      for (const [at, { resolve, reject }] of some.entries()) {
        const result = results[at]
        if (result === undefined) reject(new Error('There is no answer to a part of what was asked.'))
        else resolve(result)
      }
    } catch (error) {
      for (const { reject } of some) reject(error)
    }
  }

  return {
    ask: work =>
      new Promise((resolve, reject) => {
        // Behind all that follows from what came in this turn: ticks come when no promise has anything left to do.
        if (waiting.length === 0) queueMicrotask(() => nextTick(leave))
        waiting.push({ work, resolve, reject })
      }),
    leave,
  }
}
