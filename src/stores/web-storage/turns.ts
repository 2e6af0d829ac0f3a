import { StoreError } from '../store-error.ts'
import type { StorageSequence } from './entries.ts'

/*
 * One writer at a time, which sees what the writers before it wrote. A Web Lock alone is not enough. Tabs are
 * processes, each with its own copy of the storage, and the lock can arrive before the last holder's write does
 * (Chromium 156: of 200 races between two tabs, both tabs won 67). So a writer also holds a lock that is named after
 * the number of its write. The next writer queries which of these locks are held, and waits until its own copy has
 * reached that number.
 */
export type Turns = {
  /** Does the work alone. The work itself waits for nothing. Rejects if its turn does not come in time. */
  readonly take: <T>(work: () => T) => Promise<T>
}

/**
 * The longest that a write waits for its turn: twice the longest turn. A tab that is frozen, broken, or put into the
 * back-forward cache in the middle of its turn may keep the lock for ever (Chromium 156).
 */
const TURN_MS = 5_000

/**
 * A write reaches the copies of all tabs after some milliseconds. Its number is announced, and waited for, at most
 * this long.
 */
const PROPAGATION_MS = 2_000

/** The announcements of this page's own writes, which its own copy already has. */
const ownTold = new Set<string>()

/**
 * `sequence` returns the number of the last write in this tab's copy; `isShared`, whether other tabs share the
 * storage.
 */
export function webStorageTurns(
  name: string,
  locks: LockManager,
  sequence: () => StorageSequence | undefined,
  isShared: () => boolean,
): Turns {
  const writePrefix = `stillonce/web-storage/${name}/written/`
  let endLast: () => void = () => {}

  /** The number of the last write that another tab announced. */
  async function lastWritten(): Promise<number> {
    const { held = [] } = await locks.query()
    const numbers = held.flatMap(lock => numberOf(lock.name ?? ''))
    return Math.max(0, ...numbers)
  }

  function numberOf(lockName: string): readonly number[] {
    if (!lockName.startsWith(writePrefix) || ownTold.has(lockName)) return []
    const [number, epoch] = lockName.slice(writePrefix.length).split('-')
    const own = sequence()?.epoch
    return own === undefined || own === epoch ? [Number(number)] : []
  }

  function hasCome(number: number): boolean {
    return (sequence()?.last ?? 0) >= number
  }

  async function catchUp(): Promise<void> {
    const number = await lastWritten()
    if (hasCome(number)) return
    const came = await new Promise<boolean>(resolve => {
      const look = () => {
        if (hasCome(number)) end(true)
      }
      const end = (result: boolean) => {
        clearTimeout(timer)
        clearInterval(interval)
        globalThis.removeEventListener('storage', look)
        resolve(result)
      }
      const timer = setTimeout(() => end(hasCome(number)), PROPAGATION_MS)
      const interval = setInterval(look, 10)
      globalThis.addEventListener('storage', look)
    })
    // A storage that was cleared has no number, and will never reach this one.
    if (!came && sequence() !== undefined) throw behind(name)
  }

  /** Announces a write until this tab announces its next one, or every tab has the write. */
  async function tell(written: StorageSequence): Promise<void> {
    endLast()
    const lockName = `${writePrefix}${written.last}-${written.epoch}`
    ownTold.add(lockName)
    const told = new Promise<void>(resolve => {
      const end = new Promise<void>(ended => {
        const timer = setTimeout(ended, PROPAGATION_MS)
        endLast = () => {
          clearTimeout(timer)
          ended()
        }
      })
      const hold = () => {
        resolve()
        return end
      }
      const forget = () => ownTold.delete(lockName)
      locks.request(lockName, { mode: 'shared' }, hold).catch(resolve).finally(forget)
    })
    await told
  }

  async function turn<T>(work: () => T): Promise<T> {
    if (!isShared()) return work()
    const page = leaving()
    try {
      await Promise.race([catchUp(), page.told])
      if (page.isLeft()) throw wasLeft(name)
      const before = sequence()
      const result = work()
      const after = sequence()
      if (after !== undefined && after.last !== before?.last) await Promise.race([tell(after), page.told])
      return result
    } finally {
      page.end()
    }
  }

  return {
    take: async work => {
      const tooLate = new AbortController()
      const timer = setTimeout(() => tooLate.abort(), TURN_MS)
      try {
        return await locks.request(
          `stillonce/web-storage/${name}/write`,
          { signal: tooLate.signal },
          async () => {
            clearTimeout(timer)
            return turn(work)
          },
        )
      } catch (error) {
        throw tooLate.signal.aborted ? noTurn(name) : error
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

/** Watches for the page being left, because a turn must end before the page is frozen with its lock. */
function leaving() {
  const leave = new AbortController()
  const hear = () => leave.abort()
  const told = new Promise<void>(resolve => {
    leave.signal.addEventListener('abort', () => resolve())
  })
  globalThis.addEventListener?.('pagehide', hear)
  return {
    told,
    isLeft: () => leave.signal.aborted,
    end: () => globalThis.removeEventListener?.('pagehide', hear),
  }
}

function behind(name: string): StoreError {
  return new StoreError(
    'failed',
    `The web storage store "${name}" waited ${PROPAGATION_MS} ms for what another tab wrote. Nothing was written.`,
    { reason: 'busy' },
  )
}

function noTurn(name: string): StoreError {
  return new StoreError(
    'failed',
    `The web storage store "${name}" waited ${TURN_MS} ms for its turn: another tab holds its lock. Nothing was ` +
      'written. Close the other tabs of this site.',
    { reason: 'busy' },
  )
}

function wasLeft(name: string): StoreError {
  return new StoreError(
    'failed',
    `The page of the web storage store "${name}" was left. Nothing was written.`,
  )
}
