/*
 * What one client watches, as a machine without clock, chance or network. All watches of the client are in it: those of
 * whole scopes (`client.watch`), and those of single operations (`operation.watch`, the hook).
 *
 * An operation:   waiting --due--> looking --looked--> waiting ... --known, left--> (not watched any more)
 *
 * An origin:      untried --answered--> up --unreachable--> down --answered--> up
 *
 * While an origin is up, each operation is looked at when its own pause is over. While an origin is down, or has not
 * answered yet, one operation at a time is looked at, in turn, when the origin's pause is over: what comes of that look is
 * true of all. All looks of a client keep a distance from each other, so that a server that comes back meets no crowd.
 *
 * Times are monotonic ms.
 */
export type WatchState = {
  readonly operations: ReadonlyMap<string, WatchedOperation>
  /** Origins that are not known to be up. */
  readonly troubles: ReadonlyMap<string, OriginTrouble>
  /** The next look of any operation comes then, or later. */
  readonly nextAtMs: number
}

export type WatchedOperation = {
  readonly origin: string
  /** Looks in a row that brought nothing. */
  readonly looks: number
  /** When its pause is over. */
  readonly dueMs: number
  /** The server asked to be left alone until then, or another runner is at work. */
  readonly notBeforeMs: number
  /** When it was last looked at. */
  readonly lookedMs: number
  /** A look that is under way: by its own pause, or for all operations of its origin. */
  readonly looking: 'for-itself' | 'for-all' | undefined
}

export type OriginTrouble = {
  /** Looks for all that were not answered, in a row; none where it was not tried yet. */
  readonly failures: number
  readonly dueMs: number
  readonly notBeforeMs: number
}

export type WatchEvent =
  /** An operation is to be watched: at once, or after a pause, because it has just been tried. */
  | {
      readonly type: 'found'
      readonly key: string
      readonly origin: string
      readonly when: 'now' | 'later'
      readonly notBeforeMs?: number | undefined
    }
  /** The operation is no longer watched. */
  | { readonly type: 'left'; readonly key: string }
  | { readonly type: 'looked'; readonly key: string; readonly said: Said }
  /** Something says that a look may bring news: somebody is back at the page, the network is back. */
  | { readonly type: 'woken' }
  /** The same of one operation. */
  | { readonly type: 'hinted'; readonly key: string }
  | { readonly type: 'due' }

/** What a look brought. */
export type Said = {
  /**
   * `known`: the outcome, from the server. `answered`: the server is there. `unreachable`: nothing came, or only that it is down or too busy. `silent`: nobody
   * was asked. `busy`: another runner is at work on it.
   */
  readonly kind: 'known' | 'answered' | 'unreachable' | 'silent' | 'busy'
  /** The server asked to come back then, or later. */
  readonly notBeforeMs?: number | undefined
}

export type WatchCommand =
  | { readonly do: 'look'; readonly key: string }
  /** Say `due` then; it takes the place of the one before. */
  | { readonly do: 'wait'; readonly delayMs: number }

export const nothingWatched: WatchState = {
  operations: new Map(),
  troubles: new Map(),
  nextAtMs: Number.NEGATIVE_INFINITY,
}
