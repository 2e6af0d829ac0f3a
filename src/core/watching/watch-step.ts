import { lookPauseMs, tryPauseMs } from './watch-pauses.ts'
import type {
  OriginTrouble,
  Said,
  WatchCommand,
  WatchEvent,
  WatchState,
  WatchedOperation,
} from './watch-state.ts'

/**
 * The distance between two looks of one client, ms. A client that finds its server back spreads the looks at 200
 * operations over 20 s, instead of making all at one moment.
 */
const DISTANCE_MS = 100

/** At most this many looks run at once: each holds a connection, and a browser opens only six per origin. */
const MOST_AT_ONCE = 4

/** Focus, visibility and `online` come in bursts. They bring a look no sooner than this long after the last one, ms. */
const LATELY_MS = 3_000

const NEVER = Number.NEGATIVE_INFINITY

type Now = { readonly ms: number; readonly random: number }

/** The next state while it is being made. The state before stays as it is. */
type Draft = {
  readonly operations: Map<string, WatchedOperation>
  readonly troubles: Map<string, OriginTrouble>
  nextAtMs: number
}

/** Takes in an event. Returns the new state, the looks to begin, and when to come back. */
export function watchStep(
  before: WatchState,
  event: WatchEvent,
  now: Now,
): readonly [WatchState, readonly WatchCommand[]] {
  const state: Draft = {
    operations: new Map(before.operations),
    troubles: new Map(before.troubles),
    nextAtMs: before.nextAtMs,
  }
  take(state, event, now)
  const commands: WatchCommand[] = []
  for (;;) {
    const next = earliest(state)
    if (next === undefined) break
    const delayMs = Math.max(next.atMs, state.nextAtMs) - now.ms
    if (delayMs > 0) {
      commands.push({ do: 'wait', delayMs })
      break
    }
    const { key, operation } = next
    const looking = state.troubles.has(operation.origin) ? 'for-all' : 'for-itself'
    state.operations.set(key, { ...operation, looking })
    state.nextAtMs = now.ms + DISTANCE_MS
    commands.push({ do: 'look', key })
  }
  return [state, commands]
}

/** When an operation is looked at next, by a look of its own or by the one for all; undefined if none is planned. */
export function nextLookMs({ operations, troubles }: WatchState, key: string): number | undefined {
  const operation = operations.get(key)
  if (operation === undefined) return undefined
  const { dueMs, notBeforeMs } = troubles.get(operation.origin) ?? operation
  return Math.max(dueMs, notBeforeMs, operation.notBeforeMs)
}

function take(state: Draft, event: WatchEvent, now: Now): void {
  switch (event.type) {
    case 'found':
      return found(state, event, now)
    case 'left':
      return leave(state, event.key)
    case 'looked':
      return looked(state, event.key, event.said, now)
    case 'woken':
      return wake(state, now.ms)
    case 'hinted': {
      const operation = state.operations.get(event.key)
      if (operation !== undefined) state.operations.set(event.key, soon(operation, now.ms))
      break
    }
    case 'due':
      break
    default:
      event satisfies never
  }
}

function found(state: Draft, event: Extract<WatchEvent, { type: 'found' }>, now: Now): void {
  const { key, origin, when, notBeforeMs = NEVER } = event
  if (state.operations.has(key)) return
  const dueMs = when === 'now' ? now.ms : now.ms + lookPauseMs(0, now.random)
  const trouble = state.troubles.get(origin)
  // While nothing has failed yet, there is no reason to wait longer than the new operation does.
  if (!isWatched(state, origin) || (trouble?.failures === 0 && dueMs < trouble.dueMs))
    state.troubles.set(origin, { failures: 0, dueMs, notBeforeMs: NEVER })
  state.operations.set(key, { origin, looks: 0, dueMs, notBeforeMs, lookedMs: NEVER, looking: undefined })
}

/** Stops watching an operation. An origin of which nothing is watched is forgotten. */
function leave(state: Draft, key: string): void {
  const operation = state.operations.get(key)
  state.operations.delete(key)
  if (operation !== undefined && !isWatched(state, operation.origin)) state.troubles.delete(operation.origin)
}

function isWatched({ operations }: Draft, origin: string): boolean {
  for (const operation of operations.values()) if (operation.origin === origin) return true
  return false
}

function waitingFor({ operations }: Draft, origin: string): number {
  let count = 0
  for (const operation of operations.values()) if (operation.origin === origin) count++
  return count
}

function looked(state: Draft, key: string, { kind, notBeforeMs = NEVER }: Said, now: Now): void {
  const operation = state.operations.get(key)
  if (operation === undefined) return
  const { origin, looks, looking } = operation
  const dueMs = now.ms + lookPauseMs(looks, now.random)
  // If nothing was asked, another operation tries the origin meanwhile.
  const isUnasked = kind === 'silent' || kind === 'busy'
  state.operations.set(key, {
    origin,
    looks: looks + 1,
    dueMs,
    notBeforeMs: isUnasked ? dueMs : notBeforeMs,
    lookedMs: now.ms,
    looking: undefined,
  })
  switch (kind) {
    case 'known':
      state.troubles.delete(origin)
      return leave(state, key)
    case 'answered':
      state.troubles.delete(origin)
      break
    case 'unreachable': {
      const trouble = state.troubles.get(origin)
      // The look began before the trouble was known, so it shows the same failure once more.
      if (trouble !== undefined && looking === 'for-itself') break
      const failures = (trouble?.failures ?? 0) + 1
      const tryMs = now.ms + tryPauseMs(failures, waitingFor(state, origin), now.random)
      state.troubles.set(origin, { failures, dueMs: tryMs, notBeforeMs })
      break
    }
    case 'silent':
    case 'busy':
      break
    default:
      kind satisfies never
  }
}

/** Makes the pauses short again, because somebody is looking. What a server asked for still holds. */
function wake(state: Draft, nowMs: number): void {
  const lastMs = new Map<string, number>()
  for (const [key, operation] of state.operations) {
    const { origin, lookedMs } = operation
    lastMs.set(origin, Math.max(lookedMs, lastMs.get(origin) ?? NEVER))
    state.operations.set(key, soon(operation, nowMs))
  }
  for (const [origin, trouble] of state.troubles) {
    const dueMs = sooner(trouble.dueMs, lastMs.get(origin) ?? NEVER, nowMs)
    state.troubles.set(origin, { ...trouble, dueMs })
  }
}

function soon(operation: WatchedOperation, nowMs: number): WatchedOperation {
  return { ...operation, looks: 0, dueMs: sooner(operation.dueMs, operation.lookedMs, nowMs) }
}

function sooner(dueMs: number, lookedMs: number, nowMs: number): number {
  return Math.min(dueMs, Math.max(nowMs, lookedMs + LATELY_MS))
}

type Turn = {
  readonly key: string
  readonly operation: WatchedOperation
  readonly atMs: number
  /** When two are due at the same time, the one that has waited longer goes first. */
  readonly sinceMs: number
}

/**
 * Which operation is looked at next, and when: by its own pause if its origin is up, otherwise in turn. Undefined if
 * only the end of a look can lead to the next one.
 */
function earliest({ operations, troubles }: Draft): Turn | undefined {
  const tried = new Set<string>()
  let underWay = 0
  for (const { origin, looking } of operations.values()) {
    if (looking === undefined) continue
    tried.add(origin)
    underWay++
  }
  if (underWay >= MOST_AT_ONCE) return undefined
  let first: Turn | undefined
  for (const [key, operation] of operations) {
    const { origin, looking, dueMs, notBeforeMs, lookedMs } = operation
    if (looking !== undefined) continue
    const trouble = troubles.get(origin)
    if (trouble !== undefined && tried.has(origin)) continue
    const atMs = Math.max(notBeforeMs, trouble?.dueMs ?? dueMs, trouble?.notBeforeMs ?? NEVER)
    const sinceMs = trouble === undefined ? dueMs : lookedMs
    if (first === undefined || atMs < first.atMs || (atMs === first.atMs && sinceMs < first.sinceMs))
      first = { key, operation, atMs, sinceMs }
  }
  return first
}
