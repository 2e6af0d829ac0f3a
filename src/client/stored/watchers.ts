import { isStillIn } from '../../engine/run/still-in.ts'
import type { Payload } from '../../engine/request/payload.ts'
import type { LiveRun } from '../live-run.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import type { Settled } from '../settled.ts'
import type { Snapshot } from '../snapshot.ts'

/** Who watches one operation. */
export type OneWatcher = {
  readonly listener: (snapshot: Snapshot, end: Settled | undefined) => void
  readonly scopeNow: () => string
  readonly send: boolean
  /** What its input makes: sent where no request is stored and `resume` would send it. */
  readonly ownPayload: (() => Promise<Payload>) | undefined
}

/** Who watches all open operations of a scope: of whoever is logged in. */
export type ScopeWatcher = {
  readonly scopeNow: () => string
  readonly send: boolean
}

/** An operation that somebody watches. */
export type WatchedOne = {
  readonly context: OperationContext
  readonly operation: Named
  readonly ones: Set<OneWatcher>
  readonly scopes: Set<ScopeWatcher>
  origin: string
  /** The run that looks at it now. */
  run: LiveRun<unknown> | undefined
  isReading: boolean
  /** Something was written since it was read last, or since the look began. */
  isOutdated: boolean
  failed: number
  snapshot: Snapshot | undefined
  unwatchStore: () => void
}

/** By nobody yet. */
export function watchedOne(context: OperationContext, operation: Named): WatchedOne {
  return {
    context,
    operation,
    ones: new Set(),
    scopes: new Set(),
    origin: '',
    run: undefined,
    isReading: false,
    isOutdated: false,
    failed: 0,
    snapshot: undefined,
    unwatchStore: () => {},
  }
}

/** The watchers who may have the operation looked at now: whose user is logged in. */
export function presentOf({ ones, scopes, operation }: WatchedOne): readonly (OneWatcher | ScopeWatcher)[] {
  const { scope } = operation.identity
  return [...ones, ...scopes].filter(({ scopeNow }) => isStillIn(scope, scopeNow))
}

/** The watchers who may get the operation now. */
export function listenersOf({ ones, operation }: WatchedOne): readonly OneWatcher[] {
  const { scope } = operation.identity
  return [...ones].filter(({ scopeNow }) => isStillIn(scope, scopeNow))
}

/** What a look is to do for them. */
export function wantsOf(entry: WatchedOne): 'send' | 'ask' | 'nothing' {
  const present = presentOf(entry)
  if (present.length === 0) return 'nothing'
  return present.some(({ send }) => send) ? 'send' : 'ask'
}

/** Whose operations are watched now; undefined where nobody is logged in. */
export function scopeOf({ scopeNow }: ScopeWatcher): string | undefined {
  try {
    return scopeNow()
  } catch {
    return undefined
  }
}
