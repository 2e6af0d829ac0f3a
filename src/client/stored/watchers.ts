import { isStillIn } from '../../engine/run/still-in.ts'
import type { Payload } from '../../engine/request/payload.ts'
import type { LiveRun } from '../live-run.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import type { Settled } from '../settled.ts'
import type { Snapshot } from '../snapshot.ts'

/** A watcher of one operation. */
export type OneWatcher = {
  readonly listener: (snapshot: Snapshot, end: Settled | undefined) => void
  readonly scopeNow: () => string
  readonly send: boolean
  /** Makes the payload of the watcher's input. It is sent if no request is stored and `resume` would send it. */
  readonly ownPayload: (() => Promise<Payload>) | undefined
}

/** A watcher of all open operations of whoever is logged in. */
export type ScopeWatcher = {
  readonly scopeNow: () => string
  readonly send: boolean
}

/** An operation that is watched. */
export type WatchedOne = {
  readonly context: OperationContext
  readonly operation: Named
  readonly ones: Set<OneWatcher>
  readonly scopes: Set<ScopeWatcher>
  origin: string
  /** The run that looks at the operation now. */
  run: LiveRun<unknown> | undefined
  isReading: boolean
  /** Something was written since the last read, or since the look began. */
  isOutdated: boolean
  failed: number
  snapshot: Snapshot | undefined
  unwatchStore: () => void
}

/** A watched operation without watchers yet. */
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

/** The watchers for which a look may be made now: those whose user is logged in. */
export function presentOf({ ones, scopes, operation }: WatchedOne): readonly (OneWatcher | ScopeWatcher)[] {
  const { scope } = operation.identity
  return [...ones, ...scopes].filter(({ scopeNow }) => isStillIn(scope, scopeNow))
}

/** The watchers that may receive news of the operation now. */
export function listenersOf({ ones, operation }: WatchedOne): readonly OneWatcher[] {
  const { scope } = operation.identity
  return [...ones].filter(({ scopeNow }) => isStillIn(scope, scopeNow))
}

/** What a look should do for the watchers that are logged in. */
export function wantsOf(entry: WatchedOne): 'send' | 'ask' | 'nothing' {
  const present = presentOf(entry)
  if (present.length === 0) return 'nothing'
  return present.some(({ send }) => send) ? 'send' : 'ask'
}

/** The scope whose operations are watched now; undefined if nobody is logged in. */
export function scopeOf({ scopeNow }: ScopeWatcher): string | undefined {
  try {
    return scopeNow()
  } catch {
    return undefined
  }
}
