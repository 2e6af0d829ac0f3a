import type { Snapshot } from '../client/snapshot.ts'

/*
 * What a page knows of one operation, as a machine without React:
 *
 *   nothing known --called | found--> known --changed--> known ...
 *   executed --called--> executed, and a call that is tried --changed--> known
 *   known --refused--> as it was before the call
 *   known --absent--> nothing known
 *
 * What is known is the snapshot of a run, so every word of it (pending, success, error, unknown) is the engine's. An
 * execution stays known until a later call has come to a new generation: looking into the store is no news of the
 * operation. `turn` counts the calls: what comes from an older one, or from a look that began before it, changes nothing.
 */
export type SharedState = {
  readonly turn: number
  readonly known: Snapshot | undefined
  /** What is true again if the latest call turns out not to be about what is stored. */
  readonly before: Snapshot | undefined
  /** The latest call, as long as it has only looked; `text` says whose input it is. */
  readonly tried: { readonly text: string; readonly snapshot: Snapshot } | undefined
}

export type SharedEvent =
  | { readonly kind: 'called'; readonly turn: number; readonly text: string; readonly snapshot: Snapshot }
  /** By the run of a call. */
  | { readonly kind: 'changed'; readonly turn: number; readonly snapshot: Snapshot }
  /** The call ended, and its end is not the operation's: another payload, a mistake, a store that failed after an execution. */
  | { readonly kind: 'refused'; readonly turn: number }
  /** By a look at what is stored. */
  | { readonly kind: 'found'; readonly turn: number; readonly snapshot: Snapshot }
  | { readonly kind: 'absent'; readonly turn: number }
  /** An unknown end was looked into, in vain. */
  | { readonly kind: 'looked'; readonly turn: number; readonly nextLookAt: number | undefined }

export const NOTHING_KNOWN: SharedState = Object.freeze({
  turn: 0,
  known: undefined,
  before: undefined,
  tried: undefined,
})

export function nextState(state: SharedState, event: SharedEvent): SharedState {
  if (event.turn < state.turn) return state
  const { known, tried } = state
  switch (event.kind) {
    case 'called': {
      const { turn, text, snapshot } = event
      return isExecuted(known)
        ? { turn, known, before: known, tried: { text, snapshot } }
        : { turn, known: snapshot, before: known, tried: undefined }
    }
    case 'changed': {
      const { snapshot } = event
      const isTried = tried !== undefined && snapshot.phase === 'claiming'
      return isTried
        ? { ...state, tried: { text: tried.text, snapshot } }
        : { ...state, known: snapshot, tried: undefined }
    }
    case 'refused':
      return tried === undefined ? { ...state, known: state.before } : { ...state, tried: undefined }
    case 'found':
      return isNews(event.snapshot, known) ? { ...state, known: event.snapshot } : state
    case 'absent':
      // What never came to the store cannot be missed there: a store that was blocked, a mistake.
      return known?.state === undefined || known.phase !== 'settled' ? state : { ...state, known: undefined }
    case 'looked':
      return known === undefined || !isUnknown(known)
        ? state
        : { ...state, known: { ...known, nextLookAt: event.nextLookAt } }
    default:
      return event satisfies never
  }
}

export function isExecuted(snapshot: Snapshot | undefined): boolean {
  return snapshot?.phase === 'settled' && snapshot.outcome === 'executed'
}

/** An end that somebody has to find out more about. */
export function isUnknown(snapshot: Snapshot | undefined): boolean {
  return snapshot?.phase === 'settled' && snapshot.outcome === 'unknown'
}

/**
 * Looking again is no news while an end is shown, only what is sent, and the next end: asking is what the page says of
 * an unknown one anyway. Nor is a look that failed after an execution: that stays true.
 */
function isNews(snapshot: Snapshot, known: Snapshot | undefined): boolean {
  if (!isExecuted(known) && !isUnknown(known)) return isFound(snapshot)
  if (snapshot.phase !== 'settled') return snapshot.phase === 'sending'
  const isOlder =
    isExecuted(known) && !isExecuted(snapshot) && snapshot.generation <= (known?.generation ?? 0)
  return isFound(snapshot) && !isOlder
}

/** Whether a run that was taken up has something to show: an operation, not the search for one. */
export function isFound({ phase, state, outcome }: Snapshot): boolean {
  if (phase === 'settled') return state !== undefined || outcome !== 'not-executed'
  return state === 'pending' || state === 'processing' || (state !== undefined && phase !== 'claiming')
}
