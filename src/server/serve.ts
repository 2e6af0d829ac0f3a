import type { ServerAnswer } from './answer/answer.ts'
import { replay, respond } from './answer/answers.ts'
import { clockProblem } from './answer/clock-problem.ts'
import type { Decision } from './core/decide.ts'
import { decide } from './core/decide.ts'
import type { KeyRecord } from './core/key-state.ts'
import { nextKeyState } from './core/key-state.ts'
import { problem, retryAfter } from './core/problem.ts'
import type { OwnAnswer } from './core/problem.ts'
import type { KeyNotice } from './events.ts'
import type { Execution } from './execution.ts'
import { derivedKey } from './execution.ts'
import { completeWithin } from './complete-within.ts'
import { KeyHolder } from './keys/key-holder.ts'
import type { Incoming } from './request/incoming.ts'
import type { KeyStore, Written } from './keys/key-store.ts'
import type { ServerRuntime } from './server-runtime.ts'
import { decisionOf } from './listeners.ts'
import type { ServerSettings } from './options.ts'
import type { OpenBounds } from './keys/open-bounds.ts'
import { FULL_MS } from './keys/open-bounds.ts'
import type { StopOfRun } from './perform.ts'
import { perform } from './perform.ts'
import { isCorrupt, type View } from './keys/key-text.ts'
import { ON_RUN_ERROR } from './error-reports.ts'

/** All that serving one request needs. */
export type Service = {
  /** What must not happen twice. */
  readonly run: (execution: Execution) => ServerAnswer | Promise<ServerAnswer>
  /** What `completeWithin` is given, as an answer. Throws for what is none. */
  readonly completionOf: (given: unknown) => ServerAnswer
  /** The key's own URL. */
  readonly location: () => string | undefined
  readonly incoming: Incoming
  /** What `parse` made of the request. */
  readonly input: unknown
  readonly resumable: boolean
  readonly rethrow: boolean | undefined
  readonly settings: ServerSettings
  readonly runtime: ServerRuntime
  readonly store: KeyStore
  /** Distinguishes this request's writes from all others. */
  readonly owner: string
  /** Runs of this process, by place: a request that waits for one is woken by its end. */
  readonly live: Map<string, Promise<unknown>>
  readonly bounds: OpenBounds
  /** `beganAt`: of what came of a run of the handler. */
  readonly notify: (type: KeyNotice['type'], beganAt?: number) => void
  /** Never throws. */
  readonly onError: (error: unknown) => void
  readonly keepAlive: (work: Promise<unknown>) => void
}

/** What a waiting request looks again after, unless the run is in this process: from 50 ms, growing to 1 s. */
const FIRST_LOOK_MS = 50
const LONGEST_LOOK_MS = 1_000

/** Nothing stored: what nearly every key finds, so that it is tried before anything is read. */
const ABSENT: View = { record: undefined, version: null }

/** Contradictions after which a store counts as broken. */
const MOST_CLAIMS = 20

export type Admission =
  | { readonly kind: 'execute'; readonly view: View; readonly takesOver: boolean }
  | { readonly kind: 'told'; readonly answer: ServerAnswer }

/** Claims the key for this request, or gives what is known of it. Rejects where the store cannot be read. */
export async function admit(s: Service): Promise<Admission> {
  const waitUntilAt = s.runtime.now() + s.settings.wait
  const memory = s.store.memory.current()
  if (memory instanceof Promise) await memory
  let view: View = ABSENT
  let hasGivenUp = false
  for (let claims = 0, looks = 0; claims < MOST_CLAIMS;) {
    const decision = judge(s, view.record)
    if (decision.kind === 'execute') {
      // The claim of this request may come back yet, and is taken back then: another claim of the same owner would go with it.
      if (hasGivenUp) break
      const mayBegin = view.record !== undefined || s.bounds.mayBegin(s.incoming.scope)
      if (!(typeof mayBegin === 'boolean' ? mayBegin : await mayBegin)) {
        if (view === ABSENT) view = { ...(await s.store.read(s.incoming.place)) }
        if (view.record === undefined) return { kind: 'told', answer: tooManyOpen(s.notify) }
        continue
      }
      claims += 1
      const claimed = await claim(s, view)
      if (claimed.written) return { kind: 'execute', view: claimed.view, takesOver: decision.takesOver }
      hasGivenUp = claimed.isInDoubt === true
      view = claimed.view
      continue
    }
    if (view === ABSENT) {
      // Too old to be executed, but its answer may still be there.
      view = { ...(await s.store.read(s.incoming.place)) }
      if (view.record !== undefined) continue
    }
    const leftMs = waitUntilAt - s.runtime.now()
    if (decision.kind !== 'in-progress' || leftMs <= 0) return { kind: 'told', answer: tell(s, decision) }
    await nextLook(s, Math.min(leftMs, LONGEST_LOOK_MS, FIRST_LOOK_MS * 2 ** looks++))
    view = await s.store.read(s.incoming.place)
  }
  return { kind: 'told', answer: unavailable(s.settings) }
}

function judge(s: Service, record: KeyRecord | undefined): Decision {
  const { earlierFingerprint, firstSent } = s.incoming
  const isEarlier = earlierFingerprint !== undefined && record?.fingerprint === earlierFingerprint
  const fingerprint = isEarlier ? earlierFingerprint : s.incoming.fingerprint
  const { resumable, settings, runtime, store } = s
  const { retention: retentionMs } = settings
  const { latest: memory } = store.memory
  return decide(record, { fingerprint, firstSent, resumable, retentionMs, memory, nowAt: runtime.now() })
}

/** What is known of the key, or undefined where this request would be executed. Claims nothing. */
export async function known(s: Service): Promise<ServerAnswer | undefined> {
  const { record } = await s.store.read(s.incoming.place)
  const decision = record === undefined ? undefined : judge(s, record)
  return decision === undefined || decision.kind === 'execute' ? undefined : tell(s, decision)
}

/** Writes the claim; where that fails nothing is executed. */
function claim(s: Service, view: View): Promise<Written> {
  const { owner, incoming, settings, resumable, runtime } = s
  const { fingerprint, place } = incoming
  const event = { kind: 'claim', fingerprint, leaseMs: settings.lease, resumable } as const
  const change = nextKeyState(view.record, event, { owner, write: 1, nowAt: runtime.now() })
  if (change.kind === 'refused') return s.store.read(place).then(now => ({ written: false, view: now }))
  // The claim may have been written all the same, and would then look like one whose holder died.
  const takeBack = () => s.keepAlive(s.store.takeBack(place, { owner, write: 1, record: view.record }))
  return s.store.write(place, view, change.record).then(
    written => {
      if (written.isInDoubt === true && !written.written) takeBack()
      return written
    },
    (error: unknown) => {
      takeBack()
      throw error
    },
  )
}

/** Runs the handler under the claim. Rejects only with what the handler threw. */
export function execute(s: Service, view: View, resumed: boolean): Promise<ServerAnswer> {
  const { incoming, runtime, store, owner, settings } = s
  const { place } = incoming
  const holder = new KeyHolder({ place, owner, view }, store, runtime)
  const fence = view.record?.state === 'processing' ? view.record.fence : 0
  s.notify(resumed ? 'taken-over' : 'claimed')
  const beganAt = runtime.now()
  const work = perform({
    holder,
    settings,
    runtime,
    run: stop => s.run(new KeyedExecution(s, holder, { fence, resumed, stop })),
    notify: type => s.notify(type, beganAt),
    onError: s.onError,
    rethrow: s.rethrow,
    keepAlive: s.keepAlive,
    left: () => s.bounds.left(s.incoming.scope),
    tell: record => {
      const decision = judge(s, record)
      // The key is free again, so the client may come again.
      return tell(s, decision.kind === 'execute' ? { kind: 'in-progress' } : decision)
    },
  })
  s.live.set(place, work)
  const ended = () => {
    if (s.live.get(place) === work) s.live.delete(place)
  }
  s.keepAlive(work.then(ended, ended))
  return work
}

/** A class, because a getter of an object literal is defined anew for each: ten times the cost of all the rest. */
class KeyedExecution implements Execution {
  readonly key: string
  readonly scope: string
  readonly input: unknown
  readonly fence: number
  readonly resumed: boolean
  readonly deriveKey: Execution['deriveKey']
  readonly holds: Execution['holds']
  readonly completeWithin: Execution['completeWithin']
  readonly [ON_RUN_ERROR]: Service['onError']
  readonly #stop: StopOfRun

  constructor(
    s: Service,
    holder: KeyHolder,
    { fence, resumed, stop }: { readonly fence: number; readonly resumed: boolean; readonly stop: StopOfRun },
  ) {
    const {
      incoming: { key, scope, place },
      input,
      runtime,
      onError,
    } = s
    this.key = key
    this.scope = scope
    this.input = input
    this.fence = fence
    this.resumed = resumed
    this.deriveKey = name => derivedKey(runtime, place, name)
    this.holds = () => holder.holds()
    this.completeWithin = (transaction, answer) => completeWithin({ ...s, holder }, transaction, answer)
    this[ON_RUN_ERROR] = onError
    this.#stop = stop
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }
}

/** What a request gets that is not executed. What speaks for the key is marked as a replay. */
function tell(s: Service, decision: Exclude<Decision, { kind: 'execute' }>): ServerAnswer {
  switch (decision.kind) {
    case 'replay':
      s.notify('replayed')
      return replay(decision.answer, decision)
    case 'executed':
      s.notify('replayed')
      return respond(
        { status: 200, headers: { 'content-type': 'application/json' }, body: { status: 'succeeded' } },
        'key',
      )
    case 'in-progress':
      s.notify('in-progress')
      return respond(inProgress(s))
    case 'payload-mismatch':
      s.notify('payload-mismatch')
      return respond(problem('payload-mismatch'))
    case 'outcome-unknown':
      s.notify('outcome-unknown')
      return respond(problem('outcome-unknown'), 'key')
    case 'not-executed':
      return respond(problem(decision.why === 'sealed' ? 'sealed' : 'not-executed'), 'key')
    case 'key-expired':
      return respond(clockProblem('key-expired', s.runtime.now()))
    default:
      return decision satisfies never
  }
}

function inProgress({ settings, ...s }: Service): OwnAnswer {
  const location = decisionOf({ name: 'location', otherwise: undefined }, s.location, s.onError)
  const headers = {
    ...retryAfter(settings.retryAfter),
    ...(location !== undefined && { location }),
  }
  if (settings.inProgress === 409) return problem('in-progress', { headers })
  return {
    status: 202,
    headers: { ...headers, 'content-type': 'application/json' },
    body: { status: 'processing' },
  }
}

export function tooManyOpen(notify: Service['notify']): ServerAnswer {
  notify('too-many-open')
  return respond(problem('too-many-open', { headers: retryAfter(FULL_MS) }))
}

function unavailable(settings: ServerSettings): ServerAnswer {
  return respond(problem('store-unavailable', { headers: retryAfter(settings.retryAfter) }))
}

/** The store does not answer, or what it holds is no record: nothing was executed by this request, and the owner gets the reason. */
export function cannotRead(
  error: unknown,
  { settings, notify, onError }: Pick<Service, 'settings' | 'notify' | 'onError'>,
  unknownStatus = 500,
): ServerAnswer {
  notify('store-failed')
  onError(error)
  // A damaged record stands for a key that was used: what became of it is not known.
  if (isCorrupt(error)) return respond(problem('outcome-unknown', { status: unknownStatus }))
  return unavailable(settings)
}

/** Until the time is up, or the run of this process has ended. */
function nextLook(s: Service, delayMs: number): Promise<void> {
  return new Promise(resolve => {
    const cancel = s.runtime.after(delayMs, resolve)
    const end = () => {
      cancel()
      resolve()
    }
    s.live.get(s.incoming.place)?.then(end, end)
  })
}
