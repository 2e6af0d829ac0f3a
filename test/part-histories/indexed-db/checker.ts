import type { CallFault, SiteFault, Strike } from './faults.ts'
import type { Call, History, Wanted } from './history.ts'
import type { Row, State } from './sim-site.ts'

/*
 * What a store promises (src/public/store.ts), held against what was on the disk at each moment. Each value is written by one
 * call and each version belongs to one value, so that nothing has to be searched for.
 */

export type Violation = { readonly rule: string; readonly detail: string }

/** A fault is heard of a little later than it strikes. */
const SLACK_MS = 60
/** What opens, reads and fails without waiting for anybody. */
const AT_ONCE_MS = 200
/** src/stores/indexed-db/connection.ts: as documented for `busyTimeout`. */
const LEAST_TRANSACTION_MS = 1_000

const DEATHS: ReadonlySet<CallFault | SiteFault> = new Set([
  'dies at its begin',
  'throws at a request',
  'dies at commit()',
  'dies at a request',
  'closed by the browser',
])
/** They strike before anything is asked to be written for good: another handle can do it all. */
const EARLY_DEATHS: ReadonlySet<CallFault | SiteFault> = new Set([
  'dies at its begin',
  'throws at a request',
  'dies at commit()',
])
const HANGS: ReadonlySet<CallFault | SiteFault> = new Set([
  'open hangs',
  'hangs at a request',
  'hangs at its end',
  'end never told',
])
const NO_ROOM: ReadonlySet<CallFault | SiteFault> = new Set([
  'no room',
  'no room at a request',
  'no room at the end',
])
const BUSY: ReadonlySet<CallFault | SiteFault> = new Set([
  'held by another tab',
  'cleared',
  'open hangs',
  'hangs at a request',
  'hangs at its end',
])

type Failure = {
  readonly name?: unknown
  readonly kind?: unknown
  readonly reason?: unknown
  readonly message?: unknown
}

export function check(history: History): readonly Violation[] {
  const { site, calls, hasFallback, fallbackWrites } = history
  const violations: Violation[] = []
  const breaks = (rule: string, detail: unknown) =>
    violations.push({ rule, detail: typeof detail === 'string' ? detail : JSON.stringify(detail) })
  const { states } = site
  const inFallback = new Set(fallbackWrites.map(({ wanted }) => wanted.value))

  for (const error of history.strayErrors) breaks('no stray error', String(error))
  checkStates()
  for (const call of calls) {
    checkTime(call)
    if (call.answer === undefined) continue
    if ('error' in call.answer) checkRejected(call, call.answer.error as Failure)
    else checkTold(call, call.answer.value)
  }
  checkFallback()
  const connected = [...site.connections].map(({ tab }) => tab.id)
  if (new Set(connected).size < connected.length) breaks('no connection is left behind', connected)
  return violations

  /** What is on the disk was asked for, on what was there. */
  function checkStates(): void {
    const sets = new Map(
      calls.flatMap(({ wanted }) => (wanted.kind === 'set' ? [[wanted.value, wanted] as const] : [])),
    )
    for (const [before, after] of pairs(states)) {
      if (after.by === 'power fails') checkDurable(before, after)
      if (after.by !== 'commit') continue
      for (const row of after.rows.values()) {
        const was = before.rows.get(row.key)
        if (was?.version === row.version) {
          if (was.value !== row.value) breaks('a version is one value', row)
          continue
        }
        const wanted = sets.get(row.value)
        if (hasCompany(row.key, after.at)) continue
        if (wanted === undefined || wanted.key !== row.key) breaks('nothing else is written', row)
        else if (!isThere(was, wanted.expected, after.at)) breaks('compare and set', { row, was, wanted })
        else if ((row.open !== undefined) !== wanted.open) breaks('nothing else is written', { row, wanted })
      }
      for (const row of before.rows.values()) {
        const isGone = !after.rows.has(row.key) && !isExpired(row, after.at)
        const isAsked = calls.some(
          ({ wanted, answer, from }) =>
            wanted.kind === 'delete' &&
            wanted.expected === row.version &&
            from <= after.at &&
            !(answer !== undefined && 'value' in answer && answer.value === false),
        )
        if (isGone && !isAsked) breaks('nothing is deleted unasked', row)
      }
    }
  }

  /** Several writes of one key go in one transaction: what was there in between is seen nowhere. */
  function hasCompany(key: string, at: number): boolean {
    const under = calls.filter(({ wanted, from, to }) => writtenKey(wanted) === key && from <= at && to >= at)
    return new Set(under.map(({ tab }) => tab)).size < under.length
  }

  function isWithCompany({ wanted, from, to, tab }: Call): boolean {
    const key = writtenKey(wanted)
    return (
      calls.filter(
        other =>
          other.tab === tab && writtenKey(other.wanted) === key && other.from <= to && other.to >= from,
      ).length > 1
    )
  }

  /** A power failure takes nothing with it on which a request has left. */
  function checkDurable(before: State, after: State): void {
    for (const row of before.rows.values()) {
      if (after.rows.get(row.key)?.version === row.version) continue
      const call = calls.find(({ wanted }) => wanted.kind === 'set' && wanted.value === row.value)
      if (call?.answer === undefined || 'error' in call.answer || call.wanted.kind !== 'set') continue
      if (call.wanted.open || call.wanted.expected === null) breaks('on the disk before it is told', row)
    }
  }

  function checkTime(call: Call): void {
    if (history.crashedTabs.has(call.tab) && call.answer === undefined) return
    const onceMs = history.busyTimeoutMs + Math.max(history.busyTimeoutMs, LEAST_TRANSACTION_MS)
    const turns = call.writesAhead + 2
    const left = site.strikes.filter(({ kind, tab }) => kind === 'page is left' && tab === call.tab)
    const awayMs = left
      .map(({ from, to }) => Math.max(0, Math.min(to, call.to) - Math.max(from, call.from)))
      .reduce((sum, ms) => sum + ms, 0)
    const isLate = call.to - call.from - awayMs > 2 * onceMs * turns + SLACK_MS * turns
    if (isLate) breaks('every call ends', call)
    const causes = site.strikes.filter(strike => concerns(strike, call))
    const isLeftAlone = causes.length > 0 && causes.every(({ kind }) => kind === 'page is left')
    const backAt = Math.max(...causes.map(({ to }) => to))
    if (isLeftAlone && call.to - backAt > (LEAST_TRANSACTION_MS + AT_ONCE_MS) * turns)
      breaks('what was left goes on at once', call)
  }

  function checkRejected(call: Call, error: Failure): void {
    const causes = site.strikes.filter(strike => concerns(strike, call))
    const kinds = causes.map(({ kind }) => kind)
    const told = {
      call,
      error: `${String(error.name)} ${String(error.reason)}: ${String(error.message)}`,
      kinds,
    }
    if (call.isAfterHeal) breaks('all is well after the faults', told)
    if (error.name !== 'StoreError' || error.kind !== 'failed')
      return void breaks('fails as store-failed', told)
    if (causes.length === 0) breaks('nothing fails without a fault', told)
    const [only] = kinds
    const isAlone = !calls.some(
      other => other !== call && other.tab === call.tab && other.from <= call.to && other.to >= call.from,
    )
    if (
      causes.length === 1 &&
      only !== undefined &&
      (isWriteOf(call) ? isAlone && EARLY_DEATHS.has(only) : DEATHS.has(only))
    )
      breaks('a dead handle is opened anew', told)
    if (!isTrueReason(error.reason, kinds)) breaks('the reason is true', told)
    const isWholeTime = causes.some(
      ({ kind, from, to }) => kind === 'private mode' && from <= call.from && to >= call.to,
    )
    if (isWholeTime && kinds.length === 1 && isAlone && call.to - call.from > AT_ONCE_MS)
      breaks('what is refused fails at once', told)
    if (
      call.wanted.kind === 'set' &&
      saysNothingWritten(error) &&
      states.some(({ rows }) => has(rows, call.wanted))
    )
      breaks('what was not written was not written', told)
  }

  function isTrueReason(reason: unknown, kinds: readonly (CallFault | SiteFault)[]): boolean {
    switch (reason) {
      case 'blocked':
        return kinds.includes('private mode')
      case 'full':
        return kinds.some(kind => NO_ROOM.has(kind))
      case 'busy':
        return kinds.some(kind => BUSY.has(kind))
      case 'lost':
        return !kinds.every(kind => NO_ROOM.has(kind) || kind === 'private mode')
      default:
        return false
    }
  }

  function checkTold(call: Call, value: unknown): void {
    const { wanted, from, to } = call
    const during = statesOf(from, to)
    switch (wanted.kind) {
      case 'get': {
        const found = value as { readonly value: string; readonly version: string } | undefined
        if (found !== undefined && inFallback.has(found.value)) return
        const isTrue = during.some(({ rows }) => {
          const row = rows.get(wanted.key)
          return found === undefined
            ? row === undefined || isExpired(row, to)
            : row?.value === found.value && row.version === found.version && !isExpired(row, from)
        })
        if (!isTrue && !(found === undefined && hasFallback))
          breaks('a read tells what is there', { call, value })
        return
      }
      case 'set': {
        if (inFallback.has(wanted.value)) return
        const written = states.filter(({ rows, by }) => by === 'commit' && has(rows, wanted))
        if (value === undefined) {
          if (written.length > 0) return void breaks('what is told as not set is not set', { call })
          if (isWithCompany(call)) return
          const isLost = during.some(
            ({ rows }) =>
              !isThere(rows.get(wanted.key), wanted.expected, from) || isExpired(rows.get(wanted.key), to),
          )
          if (!isLost && !hasFallback) breaks('only another write is in the way', { call })
          return
        }
        const first = written[0]
        if (first === undefined && isWithCompany(call)) return
        const isInTime = first !== undefined && first.at >= from && first.at <= to
        if (!isInTime || first.rows.get(wanted.key)?.version !== value)
          breaks('what is told as set is set', { call, first: first?.at })
        return
      }
      case 'delete': {
        if (isWithCompany(call)) return
        const isGone = pairs(during).some(
          ([before, after]) =>
            before.rows.get(wanted.key)?.version === wanted.expected &&
            after.rows.get(wanted.key)?.version !== wanted.expected,
        )
        if (value === true && !isGone && !hasFallback) breaks('what is told as deleted is deleted', { call })
        const isLost = during.some(state => isElse(state, wanted, to, to))
        if (value === false && !isLost && !hasFallback) breaks('only another write is in the way', { call })
        return
      }
      case 'listOpen': {
        const listed = (value as readonly { readonly value: string }[])
          .map(one => one.value)
          .filter(one => !inFallback.has(one))
        const isTrue = during.some(({ rows }) => isSameList(listed, openIn(rows, wanted.prefix)))
        if (!isTrue && !hasFallback) breaks('a listing tells what is there', { call, listed })
        return
      }
      case 'listSettled': {
        const listed = (value as readonly { readonly value: string }[]).map(one => one.value)
        const isTrue = during.some(({ rows }) => {
          const settled = [...rows.values()].filter(
            ({ key, open }) => open === undefined && key.startsWith(wanted.prefix),
          )
          const isNeeded = settled.every(row => isExpired(row, to) || listed.includes(row.value))
          return (
            isNeeded && listed.every(one => settled.some(row => row.value === one && !isExpired(row, from)))
          )
        })
        if (!isTrue && !hasFallback) breaks('a listing tells what is there', { call, listed })
      }
    }
  }

  /** The states that were there at some moment of a call, and the one before them. */
  function statesOf(from: number, to: number): readonly State[] {
    return states.filter((state, index) => state.at <= to && (states[index + 1]?.at ?? Infinity) >= from)
  }

  function checkFallback(): void {
    if (history.weak.some(isWeak => isWeak !== hasFallback))
      breaks('weak where a fallback is asked for', history.weak)
    for (const { tab, at, wanted } of fallbackWrites) {
      const call = calls.find(one => one.wanted.kind === 'set' && one.wanted.value === wanted.value)
      if (call === undefined) continue
      const isBegun = fallbackWrites.some(
        other =>
          other.tab === tab && other.at <= at && other.wanted !== wanted && other.wanted.key === wanted.key,
      )
      const worked = calls.find(
        one => one.tab === tab && one.answer !== undefined && 'value' in one.answer && !isOfFallback(one),
      )
      const wasBlocked = site.strikes.some(
        ({ kind, from }) =>
          kind === 'private mode' && from <= at && (worked === undefined || from <= worked.to),
      )
      const isFull = site.strikes.some(strike => NO_ROOM.has(strike.kind) && concerns(strike, call))
      if (!isBegun && !wasBlocked && !(isFull && wanted.expected === null))
        breaks('a fallback only for what is refused', { call })
    }
  }

  /** What the fallback took, or what it was read from. */
  function isOfFallback({ wanted, answer }: Call): boolean {
    if (wanted.kind === 'set') return inFallback.has(wanted.value)
    const read = answer !== undefined && 'value' in answer ? answer.value : undefined
    return (
      wanted.kind === 'get' && inFallback.has((read as { readonly value: string } | undefined)?.value ?? '')
    )
  }
}

function concerns({ kind, from, to, tab }: Strike, call: Call): boolean {
  const isNear = from <= call.to && to >= call.from - SLACK_MS
  // What hangs in one tab keeps those of the others waiting.
  return isNear && (tab === undefined || tab === call.tab || HANGS.has(kind))
}

function writtenKey(wanted: Wanted): string | undefined {
  return wanted.kind === 'set' || wanted.kind === 'delete' ? wanted.key : undefined
}

function isWriteOf({ wanted }: Call): boolean {
  return wanted.kind === 'set' || wanted.kind === 'delete'
}

function saysNothingWritten({ message }: Failure): boolean {
  return /Nothing was (read or )?written/.test(String(message))
}

function has(rows: ReadonlyMap<string, Row>, wanted: Wanted): boolean {
  return wanted.kind === 'set' && rows.get(wanted.key)?.value === wanted.value
}

function isExpired(row: Row | undefined, at: number): boolean {
  return row?.expiresAt !== undefined && row.expiresAt <= at
}

/** Whether a write that expects this can be done: by a moment at which what is there may have expired. */
function isThere(row: Row | undefined, expected: string | null, at: number): boolean {
  return expected === null ? row === undefined || isExpired(row, at) : row?.version === expected
}

/** Whether something else is there than what a write expects. */
function isElse(
  { rows }: State,
  { key, expected }: Wanted & { kind: 'set' | 'delete' },
  from: number,
  to: number,
): boolean {
  const row = rows.get(key)
  return !isThere(row, expected, from) || (expected !== null && isExpired(row, to))
}

function openIn(rows: ReadonlyMap<string, Row>, prefix: string): readonly string[] {
  return [...rows.values()]
    .filter(({ key, open }) => open !== undefined && key.startsWith(prefix))
    .toSorted((a, b) => a.place - b.place)
    .map(({ value }) => value)
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index])
}

function pairs<Value>(values: readonly Value[]): readonly (readonly [Value, Value])[] {
  return values.slice(1).map((value, index) => [values[index] as Value, value] as const)
}
