import type { Outcome } from '../core/record/outcome.ts'
import { outcomeOnLeaving } from '../core/run/callers.ts'
import { requireListener } from '../guards/listeners.ts'
import { hearThrown } from '../guards/synchronous.ts'
import type { OperationError } from '../public/errors.ts'
import type { Settled } from './settled.ts'
import type { LiveRun } from './live-run.ts'
import { whenKnown } from '../runtime/when-known.ts'
import type { Snapshot } from './snapshot.ts'

/** One caller's view of a live run. */
export type Run<Output = unknown> = {
  readonly id: unknown
  readonly snapshot: Snapshot<Output>
  /** Calls the listener on every change. Returns a function that ends this. */
  readonly subscribe: (listener: () => void) => () => void
  /** Resolves with how the run ended for this caller. Never rejects. */
  readonly settled: Promise<Settled<Output>>
  /** Resolves with the result, or rejects with an OperationError. It never raises an unhandled rejection. */
  readonly result: Promise<Output>
  /**
   * Leaves the run. The run is stopped when its last caller has left; the response to a request already sent is still
   * read.
   */
  readonly abort: (reason?: unknown) => void
}

/**
 * Joins a run for one caller with its own signal. `refusal` resolves with an error if this caller may not have the
 * run's result because its payload differs. An observer does not keep the run going.
 */
export function joinRun<Output>(
  live: LiveRun<Output>,
  signal: AbortSignal | undefined,
  refusal: Promise<OperationError | undefined> | undefined,
  role: 'caller' | 'observer' = 'caller',
): Run<Output> {
  return new Caller(live, signal, refusal, role)
}

/*
 * A class, because an object literal with getters would get its own shape each time, and the shape outlives the object.
 */
class Caller<Output> implements Run<Output> {
  readonly #live: LiveRun<Output>
  readonly #signal: AbortSignal | undefined
  readonly #role: 'caller' | 'observer'
  #end: Settled<Output> | undefined
  // Created with its first entry: an array that is pushed into has room for 17.
  #onEnd: ((settled: Settled<Output>) => void)[] | undefined
  #left = false
  #hasAborted = false
  readonly #unwatch: (() => void) | undefined
  // Created only when a caller reads them.
  #settled: Promise<Settled<Output>> | undefined
  #result: Promise<Output> | undefined

  constructor(
    live: LiveRun<Output>,
    signal: AbortSignal | undefined,
    refusal: Promise<OperationError | undefined> | undefined,
    role: 'caller' | 'observer',
  ) {
    this.#live = live
    this.#signal = signal
    this.#role = role
    this.#unwatch = role === 'caller' && live.enter() ? watchToo(live) : undefined
    signal?.addEventListener('abort', this.#onSignal)
    if (refusal === undefined) live.onEnd(own => this.#ended(own))
    else void ownEnd(live, refusal).then(own => this.#ended(own))
    if (signal?.aborted === true) this.#onSignal()
  }

  /** Calls the listener with the end for this caller, at once if it is known. */
  onEnd(listener: (settled: Settled<Output>) => void): void {
    if (this.#end !== undefined) listener(this.#end)
    else if (this.#onEnd === undefined) this.#onEnd = [listener]
    else this.#onEnd.push(listener)
  }

  get settled(): Promise<Settled<Output>> {
    this.#settled ??= new Promise(resolve => this.onEnd(resolve))
    return this.#settled
  }

  get id(): unknown {
    return this.#live.id
  }

  get snapshot(): Snapshot<Output> {
    return this.#live.snapshot
  }

  get result(): Promise<Output> {
    if (this.#result === undefined) {
      this.#result = dataGiven(() => this)
      this.#result.catch(() => {})
    }
    return this.#result
  }

  // Fields, so that they can be taken off the run and passed on.
  readonly subscribe = (listener: () => void): (() => void) => {
    requireListener(listener)
    return this.#live.subscribe(listener)
  }

  readonly abort = (reason?: unknown): void => {
    const live = this.#live
    hearThrown(reason)
    if (this.#left || live.isOver) return
    this.#hasAborted = true
    // The last caller to leave stops the run, so what was known before that counts.
    const known = live.isReady ? live.outcome : undefined
    this.#leave()
    void (known === undefined ? orLate(live, whenReady(live)) : Promise.resolve())
      .then(() => outcomeLeft(live, known))
      .then(outcome => whenKnown(abortedError(live, outcome, reason), error => this.#tell(refused(error))))
  }

  readonly #onSignal = () => this.abort(this.#signal?.reason)

  /** Passes on the run's end. A caller that has aborted gets its abort instead, whatever comes in meanwhile. */
  #ended(own: Settled<Output>): void {
    if (this.#hasAborted) return
    this.#leave()
    this.#tell(own)
  }

  #tell(settled: Settled<Output>): void {
    if (this.#end !== undefined) return
    this.#end = settled
    const listeners = this.#onEnd
    this.#onEnd = undefined
    if (listeners !== undefined) for (const listener of listeners) listener(settled)
  }

  #leave(): void {
    if (this.#left) return
    this.#left = true
    this.#unwatch?.()
    this.#signal?.removeEventListener('abort', this.#onSignal)
    if (this.#role === 'caller') this.#live.leave()
  }
}

/** Resolves with the data of a run, or rejects with its error. */
export function dataGiven<Output>(start: () => Run<Output>): Promise<Output> {
  return new Promise((resolve, reject) => {
    const given = (settled: Settled<Output>) =>
      settled.error === undefined ? resolve(settled.data) : reject(settled.error)
    onceSettled(start(), given)
  })
}

/** Calls back with the end for this caller, at once if it is known. */
export function onceSettled<Output>(run: Run<Output>, given: (settled: Settled<Output>) => void): void {
  if (run instanceof Caller) run.onEnd(given)
  else void run.settled.then(given)
}

/**
 * Starts another watchdog of the run, for a caller that has joined; returns a function that ends it. In a worker, each
 * request has its own timers. Those of the request that began the run can end with that request, and a request that
 * waits without any timer is treated as hung (findings/workerd-calls-a-joined-request-hung.sh).
 */
function watchToo(live: LiveRun<unknown>): () => void {
  let cancel = () => {}
  const wait = () => {
    cancel = live.runtime.after(live.patienceMs, () => {
      live.look()
      if (!live.isOver) wait()
    })
  }
  wait()
  return () => cancel()
}

async function ownEnd<Output>(
  live: LiveRun<Output>,
  refusal: Promise<OperationError | undefined>,
): Promise<Settled<Output>> {
  const error = await refusal
  return error === undefined ? live.settled : refused(error)
}

function refused<Output>(error: OperationError): Settled<Output> {
  if (error.outcome === 'executed') return { outcome: 'executed', data: undefined, replayed: false, error }
  return { outcome: error.outcome, error }
}

function abortedError(live: LiveRun<unknown>, outcome: Outcome, cause: unknown) {
  return live.error({ code: 'aborted', outcome, reason: 'the caller aborted', cause })
}

/** How long an abort waits for a record that has not been read yet, ms. After that the outcome is `unknown`. */
const PATIENCE_MS = 1_000

function orLate<Value>(live: LiveRun<unknown>, wait: Promise<Value>): Promise<Value | undefined> {
  return new Promise(resolve => {
    const cancel = live.runtime.after(PATIENCE_MS, () => resolve(undefined))
    void wait.then(value => {
      cancel()
      resolve(value)
    })
  })
}

/** The outcome for a caller that has left. If the run's end decides it, this waits for that end. */
async function outcomeLeft(live: LiveRun<unknown>, knownBefore: Outcome | undefined): Promise<Outcome> {
  const { outcome, isJoinable: goesOn, isReady } = live
  const left = outcomeOnLeaving({ outcome, knownBefore, goesOn, isReady })
  return left === 'of-the-end' ? ((await orLate(live, live.settled))?.outcome ?? 'unknown') : left
}

/** Resolves once the record has been read, or the run is over. */
export function whenReady(live: LiveRun<unknown>): Promise<void> {
  if (live.isReady) return Promise.resolve()
  return new Promise(resolve => {
    const end = live.subscribe(() => {
      if (!live.isReady) return
      end()
      resolve()
    })
  })
}
