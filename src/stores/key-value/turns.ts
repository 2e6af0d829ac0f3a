import { StoreError } from '../store-error.ts'
import { siteLocks } from '../web-lock.ts'

/** One access at a time: reading, comparing and writing are finished before the next access begins. */
export type KeyValueTurns = {
  /** Does the work alone. Rejects if its turn does not come in time; then nothing was done. */
  readonly take: <T>(work: () => Promise<T>) => Promise<T>
}

/**
 * The longest that an access waits for its turn, because a storage that never answers must not block all others for
 * good.
 */
const TURN_MS = 5_000

const LAST_TURNS = Symbol.for('stillonce.key-value-turns')

/**
 * The turns of all stores of this name in this runtime, whichever copy of the package created them. With Web Locks,
 * also of all pages and workers that share the locks.
 */
export function keyValueTurns(name: string): KeyValueTurns {
  const lockName = `stillonce/key-value/${name}/turn`
  const last = lastTurns()
  return {
    take: async work => {
      const tooLate = new AbortController()
      const { signal } = tooLate
      let waits = true
      const begin = () => {
        waits = false
        clearTimeout(timer)
        return work()
      }
      const before = last.get(name)
      const turn = Promise.resolve(before).then(() => {
        if (signal.aborted) throw noTurn(name)
        return siteLocks()?.request(lockName, { signal }, begin) ?? begin()
      })
      const ended = turn.then(nothing, nothing)
      last.set(name, ended)
      void ended.then(() => {
        if (last.get(name) === ended) last.delete(name)
      })
      let timer: ReturnType<typeof setTimeout> | undefined
      const patience = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          tooLate.abort()
          reject(noTurn(name))
        }, TURN_MS)
      })
      try {
        return await Promise.race([turn, patience])
      } catch (error) {
        throw waits && signal.aborted ? noTurn(name) : error
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

/** For each name, a promise that resolves when the last requested turn has ended. */
function lastTurns(): Map<unknown, unknown> {
  const found: unknown = Reflect.get(globalThis, LAST_TURNS)
  if (found instanceof Map) return found
  const made = new Map<unknown, unknown>()
  Reflect.set(globalThis, LAST_TURNS, made)
  return made
}

function nothing(): void {}

function noTurn(name: string): StoreError {
  return new StoreError(
    'failed',
    `The key-value store "${name}" waited ${TURN_MS} ms for its turn: the storage has not answered what came ` +
      'before. Nothing was written.',
    { reason: 'busy' },
  )
}
