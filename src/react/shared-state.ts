import type { Snapshot } from '../client/snapshot.ts'

/*
 * What a page knows of one operation, as a machine without React:
 *
 *   nothing known --called | found--> known --changed--> known ...
 *   executed --called--> executed, and a call that is tried --changed--> known
 *   known --refused--> as it was before the call
 *   known --absent--> nothing known
 *
 * The known state is the snapshot of a run, so every status (pending, success, error, unknown) comes from the engine.
 * An execution stays known until a later call has reached a new generation, because looking at the store is no news of
 * the operation. `turn` counts the calls: an event of an older call, or of a look that began before the latest call,
 * changes nothing.
 */
export type SharedState = {
  readonly turn: number
  readonly known: Snapshot | undefined
  /** The state to return to if the latest call turns out not to be about the stored operation. */
  readonly before: Snapshot | undefined
  /** The latest call, while it has only looked; `text` is its input. */
  readonly tried: { readonly text: string; readonly snapshot: Snapshot } | undefined
}

export type SharedEvent =
  | { readonly kind: 'called'; readonly turn: number; readonly text: string; readonly snapshot: Snapshot }
  /** From the run of a call. */
  | { readonly kind: 'changed'; readonly turn: number; readonly snapshot: Snapshot }
  /**
   * The call ended, but its end is not the operation's: another payload, a mistake, or a store that failed after an
   * execution.
   */
  | { readonly kind: 'refused'; readonly turn: number }
  /** From a look at the store. */
  | { readonly kind: 'found'; readonly turn: number; readonly snapshot: Snapshot }
  | { readonly kind: 'absent'; readonly turn: number }
  /** A look after an unknown end found nothing new. */
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
      // What was never stored cannot be missing from the store: the store may be blocked, or the call was a mistake.
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

/** Whether the operation ended with an unknown outcome, so that somebody must find out more. */
export function isUnknown(snapshot: Snapshot | undefined): boolean {
  return snapshot?.phase === 'settled' && snapshot.outcome === 'unknown'
}

/**
 * While an end is shown, a look is no news; only a send and the next end are. A page shows that it is asking about an
 * unknown end anyway. A failed look after an execution is no news either: the execution stays true.
 */
function isNews(snapshot: Snapshot, known: Snapshot | undefined): boolean {
  if (!isExecuted(known) && !isUnknown(known)) return isFound(snapshot)
  if (snapshot.phase !== 'settled') return snapshot.phase === 'sending'
  const isOlder =
    isExecuted(known) && !isExecuted(snapshot) && snapshot.generation <= (known?.generation ?? 0)
  return isFound(snapshot) && !isOlder
}

/** Whether a run that was taken up has an operation to show, not only the search for one. */
export function isFound({ phase, state, outcome }: Snapshot): boolean {
  if (phase === 'settled') return state !== undefined || outcome !== 'not-executed'
  return state === 'pending' || state === 'processing' || (state !== undefined && phase !== 'claiming')
}
