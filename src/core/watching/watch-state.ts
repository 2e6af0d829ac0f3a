/*
 * What one client watches, as a machine without clock, chance or network. All watches of the client are in it: those of
 * whole scopes (`client.watch`), and those of single operations (`operation.watch`, the hook).
 *
 * An operation:   waiting --due--> looking --looked--> waiting ... --known, left--> (not watched any more)
 *
 * An origin:      untried --answered--> up --unreachable--> down --answered--> up
 *
 * While an origin is up, each operation is looked at when its own pause is over. While an origin is down, or has not
 * answered yet, only one operation at a time is looked at, in turn, when the origin's pause is over: the result of that
 * look is true of all. All looks of a client keep a distance from each other, so a server that comes back meets no
 * crowd.
 *
 * Times are monotonic ms.
 */
export type WatchState = {
  readonly operations: ReadonlyMap<string, WatchedOperation>
  /** Origins that are not known to be up. */
  readonly troubles: ReadonlyMap<string, OriginTrouble>
  /** The earliest time for the next look at any operation. */
  readonly nextAtMs: number
}

export type WatchedOperation = {
  readonly origin: string
  /** How many looks in a row brought nothing. */
  readonly looks: number
  /** When the operation's own pause is over. */
  readonly dueMs: number
  /** The server asked to be left alone until then, or another runner is at work until then. */
  readonly notBeforeMs: number
  /** When the operation was last looked at. */
  readonly lookedMs: number
  /** The look that is under way: by the operation's own pause, or for all operations of its origin. */
  readonly looking: 'for-itself' | 'for-all' | undefined
}

export type OriginTrouble = {
  /** How many looks for all in a row were not answered; 0 if the origin has not been tried yet. */
  readonly failures: number
  readonly dueMs: number
  readonly notBeforeMs: number
}

export type WatchEvent =
  /** An operation is to be watched: at once, or after a pause if it has just been tried. */
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
  /** A look may bring news: somebody is back at the page, or the network is back. */
  | { readonly type: 'woken' }
  /** A look at this one operation may bring news. */
  | { readonly type: 'hinted'; readonly key: string }
  | { readonly type: 'due' }

/** What a look brought. */
export type Said = {
  /**
   * `known`: the outcome, from the server. `answered`: the server is there. `unreachable`: no answer, or only that the
   * server is down or too busy. `silent`: nothing was asked. `busy`: another runner is at work on the operation.
   */
  readonly kind: 'known' | 'answered' | 'unreachable' | 'silent' | 'busy'
  /** The earliest time at which the server wants to be asked again. */
  readonly notBeforeMs?: number | undefined
}

export type WatchCommand =
  | { readonly do: 'look'; readonly key: string }
  /** Send `due` after this time. A new wait replaces the one before. */
  | { readonly do: 'wait'; readonly delayMs: number }

export const nothingWatched: WatchState = {
  operations: new Map(),
  troubles: new Map(),
  nextAtMs: Number.NEGATIVE_INFINITY,
}
