import type { ComparedPayload } from '../client/operation-inside.ts'
import type { Run } from '../client/join-run.ts'
import type { Settled } from '../client/settled.ts'
import type { Snapshot } from '../client/snapshot.ts'
import type { WatchListener } from '../client/stored/watching.ts'
import type { SharedEvent, SharedState } from './shared-state.ts'
import { NOTHING_KNOWN, isExecuted, isUnknown, nextState } from './shared-state.ts'

/** What a hook that shows an operation needs from it. */
export type Interest = {
  /** The hook's own input, as a text. */
  readonly text: string
  /** Looking may also send the operation. */
  readonly sends: boolean
  readonly takeUp: () => Promise<Run | undefined>
  readonly watch: (listener: WatchListener) => () => void
  readonly compare: () => Promise<ComparedPayload | undefined>
}

/** Converts the report of a watch. */
function told(turn: number, snapshot: Snapshot, settled: Settled | undefined): SharedEvent {
  if (settled !== undefined) return { kind: 'found', turn, snapshot: { ...snapshot, ...endOf(settled) } }
  return snapshot.state === undefined
    ? { kind: 'absent', turn }
    : { kind: 'looked', turn, nextLookAt: snapshot.nextLookAt }
}

/** The fields of a snapshot that an end determines. */
function endOf({ outcome, error, ...rest }: Settled) {
  const { data, replayed } = { data: undefined, replayed: false, ...rest }
  return { phase: 'settled', nextLookAt: undefined, outcome, error, data, replayed } as const
}

/** Called with what was found out after an unknown end, or with the news that the operation was forgotten. */
type WhenKnown = (known: Snapshot | 'forgotten') => void

/** A form in which a user types makes another input with each letter. */
const MOST_COMPARED = 50

/**
 * One operation of this page, as all hooks that show it see it, in the same tick. Its news comes from the calls of
 * these hooks, from a look at the store, and from a watch while its outcome is unknown and a hook shows it.
 */
export class SharedOperation {
  #state: SharedState = NOTHING_KNOWN
  readonly #shownBy = new Map<() => void, Interest>()
  /** By input text: whether an input makes the payload that is stored under a key. */
  readonly #compared = new Map<string, ComparedPayload>()
  readonly #comparing = new Set<string>()
  /** Texts of the inputs whose calls have not ended. */
  readonly #calling: string[] = []
  #looks = 0
  #following = 0
  #watch: { readonly sends: boolean; readonly end: () => void } | undefined
  #whenKnown: WhenKnown[] = []
  /** Called when no hook shows the operation any more and nothing of it is under way. */
  onIdle: () => void = () => {}

  /** The same reference until something changes. */
  get state(): SharedState {
    return this.#state
  }

  /** The snapshot that a hook with this input shows. */
  snapshotFor(text: string): Snapshot | undefined {
    const { tried, known } = this.#state
    return tried?.text === text ? tried.snapshot : known
  }

  /** Whether the known state is about this input's payload; undefined while that is not known. */
  isSame(text: string): boolean | undefined {
    const compared = this.#compared.get(text)
    return compared?.key === this.#state.known?.key ? compared?.isSame : undefined
  }

  /** Whether a call with this input has not ended. */
  isCalling(text: string): boolean {
    return this.#calling.includes(text)
  }

  /** Registers a hook that shows the operation, until `leave`. Returns whether the hook is new. */
  show(hook: () => void, interest: Interest): boolean {
    const isNew = !this.#shownBy.has(hook)
    this.#shownBy.set(hook, interest)
    this.#lookAfter()
    return isNew
  }

  leave(hook: () => void): void {
    this.#shownBy.delete(hook)
    this.#lookAfter()
    this.#restIfIdle()
  }

  /** Shows a call. If the call's end is not the operation's, `refused` is called before any hook shows the end. */
  async call(run: Run, text: string, refused: (settled: Settled) => void): Promise<void> {
    const turn = this.#state.turn + 1
    // After an execution, only a call that gets beyond looking is about a new generation.
    let hasBegun = !isExecuted(this.#state.known)
    let isRefused = false
    this.#calling.push(text)
    this.#following++
    this.#dispatch({ kind: 'called', turn, text, snapshot: run.snapshot })
    const end = run.subscribe(() => {
      const { snapshot } = run
      const isOver = snapshot.phase === 'settled'
      hasBegun ||= !isOver && snapshot.phase !== 'claiming'
      // The end of the call is in `settled`: the call may be refused the result of its run.
      if (isOver && !isRefused) return
      if (isOver) this.#unfollowed(end)
      this.#dispatch({ kind: 'changed', turn, snapshot })
    })
    const settled = await run.settled
    this.#calling.splice(this.#calling.indexOf(text), 1)
    const { snapshot } = run
    // If the call met a run that it may not join (another payload, or no request at all), that run goes on.
    const isOver = snapshot.phase === 'settled'
    isRefused = !isOver || settled.error?.reason === 'changed'
    const speaks = snapshot.error?.reason !== 'changed' && (hasBegun || snapshot.outcome === 'executed')
    if (isRefused || !speaks) refused(settled)
    if (isOver && speaks && !isRefused) this.#compared.set(text, { key: snapshot.key, isSame: true })
    if (isOver) this.#dispatch(speaks ? { kind: 'changed', turn, snapshot } : { kind: 'refused', turn })
    // Nothing is stored of the operation any more. The caller gets that error, and a page shows what it shows before a
    // call.
    if (isOver && speaks && settled.error?.code === 'forgotten') this.#dispatch({ kind: 'absent', turn })
    this.#lookAfter()
    this.#tell()
    if (!speaks && !isExecuted(this.#state.known)) this.look()
    if (isOver) this.#unfollowed(end)
  }

  /** Looks at the store, as one of the hooks that show the operation would. */
  look(): void {
    const { known, turn } = this.#state
    const interest = this.#foremost()
    const isUnderWay = known !== undefined && known.phase !== 'settled'
    if (this.#looks > 0 || isUnderWay || interest === undefined) return
    this.#looks++
    this.#following++
    const over = () => {
      this.#looks--
      this.#unfollowed()
    }
    interest.takeUp().then(
      run => {
        if (run === undefined) {
          this.#dispatch({ kind: 'absent', turn })
          return over()
        }
        const show = () => this.#dispatch({ kind: 'found', turn, snapshot: run.snapshot })
        const end = run.subscribe(show)
        show()
        return run.settled.then(() => {
          end()
          show()
          over()
        })
      },
      // Nothing is known then, so nothing is shown; a call will show what is wrong.
      over,
    )
  }

  /**
   * Calls back once, when it is known whether the operation was executed, or that this can never be known because it
   * was forgotten.
   */
  whenKnown(listener: WhenKnown): void {
    this.#whenKnown.push(listener)
    this.#tellKnown()
  }

  /** The first hook that may send, else any. */
  #foremost(): Interest | undefined {
    const interests = [...this.#shownBy.values()]
    return interests.find(({ sends }) => sends) ?? interests[0]
  }

  #dispatch(event: SharedEvent): void {
    const before = this.#state
    this.#state = nextState(before, event)
    if (this.#state === before) return
    this.#lookAfter()
    this.#tell()
    if (event.kind === 'absent' && isUnknown(before.known)) this.#foundOut('forgotten')
    else this.#tellKnown()
  }

  #tellKnown(): void {
    const { known } = this.#state
    if (known?.phase === 'settled' && known.outcome !== 'unknown') this.#foundOut(known)
  }

  #foundOut(what: Parameters<WhenKnown>[0]): void {
    const listeners = this.#whenKnown
    this.#whenKnown = []
    for (const listener of listeners) listener(what)
  }

  #tell(): void {
    for (const hook of this.#shownBy.keys()) hook()
  }

  /**
   * Fetches what the hooks need besides the known state: whose payload it is, and a watch while the outcome is unknown.
   */
  #lookAfter(): void {
    const { known, turn } = this.#state
    const interest = this.#foremost()
    if (known?.state !== undefined) for (const each of this.#shownBy.values()) this.#compare(each)
    const isWatched = interest !== undefined && isUnknown(known)
    if (isWatched && this.#watch?.sends === interest.sends) return
    this.#watch?.end()
    this.#watch = undefined
    if (!isWatched) return
    const end = interest.watch((snapshot, settled) => this.#dispatch(told(turn, snapshot, settled)))
    this.#watch = { sends: interest.sends, end }
  }

  #compare({ text, compare }: Interest): void {
    const key = this.#state.known?.key
    const isKnown = this.#compared.has(text) && this.#compared.get(text)?.key === key
    if (isKnown || this.isCalling(text) || this.#comparing.has(text)) return
    this.#comparing.add(text)
    compare().then(
      compared => {
        this.#comparing.delete(text)
        // The known state has another key by now.
        if (this.#state.known?.key !== key) this.#lookAfter()
        if (compared === undefined) return
        if (this.#compared.size === MOST_COMPARED) this.#compared.clear()
        this.#compared.set(text, compared)
        this.#tell()
      },
      // The next change tries again.
      () => this.#comparing.delete(text),
    )
  }

  #unfollowed(end?: () => void): void {
    end?.()
    this.#following--
    this.#restIfIdle()
  }

  #restIfIdle(): void {
    if (this.#shownBy.size === 0 && this.#following === 0) this.onIdle()
  }
}
