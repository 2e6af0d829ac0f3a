import type { ServerAnswer } from './answer/answer.ts'
import { replay, respond } from './answer/answers.ts'
import { clockProblem } from './answer/clock-problem.ts'
import type { Decision } from './core/decide.ts'
import { decide } from './core/decide.ts'
import { mayBeOfAnotherMemory } from './core/memory.ts'
import type { KeyRecord } from './core/key-state.ts'
import { nextKeyState } from './core/key-state.ts'
import { problem, retryAfter } from './core/problem.ts'
import type { OwnAnswer } from './core/problem.ts'
import type { Execution } from './execution.ts'
import { derivedKey } from './execution.ts'
import { completeWithin } from './complete-within.ts'
import { KeyHolder } from './keys/key-holder.ts'
import type { Written } from './keys/key-store.ts'
import type { Service } from './serving.ts'
import { decisionOf } from './listeners.ts'
import type { ServerSettings } from './options.ts'
import { FULL_MS } from './keys/open-bounds.ts'
import type { StopOfRun } from './perform.ts'
import { perform } from './perform.ts'
import { isCorrupt, type View } from './keys/key-text.ts'
import { ON_RUN_ERROR } from './error-reports.ts'

/**
 * How often a waiting request looks again: from 50 ms, growing to 1 s. The end of a run in this process wakes it
 * earlier.
 */
const FIRST_LOOK_MS = 50
const LONGEST_LOOK_MS = 1_000

/** No stored record. Nearly every key is new, so this state is assumed before anything is read. */
const ABSENT: View = { record: undefined, version: null }

/** After this many claims that did not succeed, the store counts as broken. */
const MOST_CLAIMS = 20

export type Admission =
  | { readonly kind: 'execute'; readonly view: View; readonly takesOver: boolean }
  | { readonly kind: 'told'; readonly answer: ServerAnswer }

/**
 * Claims the key for this request, or returns what is known about it. Rejects if the store cannot be read. Nearly every
 * key is new and is claimed at once; the code for everything else is apart, because an async function keeps room for
 * all of its variables.
 */
export function admit(s: Service): Promise<Admission> {
  const { store, runtime, bounds, settings, incoming } = s
  const nowAt = runtime.now()
  const waitUntilAt = nowAt + settings.wait
  const memory = store.memory.current(nowAt)
  const mayClaim =
    !(memory instanceof Promise) &&
    (incoming.firstSent === undefined || (!mayHaveBeenLost(s) && judge(s, undefined).kind === 'execute')) &&
    bounds.mayBegin(incoming.scope, nowAt) === true
  if (!mayClaim) {
    const inSteps = () => admitInSteps(s, { waitUntilAt, view: ABSENT, claims: 0, hasGivenUp: false })
    return memory instanceof Promise ? memory.then(inSteps) : inSteps()
  }
  return claim(s, ABSENT, nowAt).then(({ written, view, isInDoubt = false }) =>
    written
      ? { kind: 'execute', view, takesOver: false }
      : admitInSteps(s, { waitUntilAt, view, claims: 1, hasGivenUp: isInDoubt }),
  )
}

type Admitting = {
  /** Epoch ms. */
  readonly waitUntilAt: number
  readonly view: View
  readonly claims: number
  /** The claim that this request wrote may still appear in the store, and is then taken back. */
  readonly hasGivenUp: boolean
}

async function admitInSteps(s: Service, begun: Admitting): Promise<Admission> {
  let { view, claims, hasGivenUp } = begun
  let isLookedAt = !mayHaveBeenLost(s)
  for (let looks = 0; claims < MOST_CLAIMS;) {
    const decision = judge(s, view.record)
    if (decision.kind === 'execute') {
      // A second claim by the same owner would be taken back with the first.
      if (hasGivenUp) break
      if (view.record === undefined && !isLookedAt) {
        isLookedAt = true
        view = { ...(await s.store.read(s.incoming.place)) }
        if (view.record === undefined) await s.store.memory.ofAbsent(s.incoming.firstSent)
        continue
      }
      const mayBegin = view.record !== undefined || s.bounds.mayBegin(s.incoming.scope)
      if (!(typeof mayBegin === 'boolean' ? mayBegin : await mayBegin)) {
        if (view === ABSENT) view = { ...(await s.store.read(s.incoming.place)) }
        if (view.record === undefined) return { kind: 'told', answer: tooManyOpen(s.notify) }
        continue
      }
      claims += 1
      const claimed = await claim(s, view, s.runtime.now())
      if (claimed.written) return { kind: 'execute', view: claimed.view, takesOver: decision.takesOver }
      hasGivenUp = claimed.isInDoubt === true
      view = claimed.view
      continue
    }
    if (view === ABSENT) {
      // The key is too old to be executed, but its answer may still be stored.
      view = { ...(await s.store.read(s.incoming.place)) }
      if (view.record !== undefined) continue
    }
    const leftMs = begun.waitUntilAt - s.runtime.now()
    if (decision.kind !== 'in-progress' || leftMs <= 0) return { kind: 'told', answer: tell(s, decision) }
    await nextLook(s, Math.min(leftMs, LONGEST_LOOK_MS, FIRST_LOOK_MS * 2 ** looks++))
    view = await s.store.read(s.incoming.place)
  }
  return { kind: 'told', answer: unavailable(s.settings) }
}

/** The key was sent before: the store may have lost it since, and then it is not executed again. */
function mayHaveBeenLost({ incoming, settings, runtime }: Service): boolean {
  return mayBeOfAnotherMemory(incoming.firstSent, {
    retentionMs: settings.retention,
    nowAt: runtime.now(),
  })
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

/** What is known about the key, or undefined if this request would be executed. Claims nothing. */
export async function known(s: Service): Promise<ServerAnswer | undefined> {
  const { record } = await s.store.read(s.incoming.place)
  const decision = record === undefined ? undefined : judge(s, record)
  return decision === undefined || decision.kind === 'execute' ? undefined : tell(s, decision)
}

/** Writes the claim. If that fails, nothing is executed. */
function claim(s: Service, view: View, nowAt: number): Promise<Written> {
  const { owner, incoming, settings, resumable } = s
  const { fingerprint, place } = incoming
  const event = { kind: 'claim', fingerprint, leaseMs: settings.lease, resumable } as const
  const change = nextKeyState(view.record, event, { owner, write: 1, nowAt })
  if (change.kind === 'refused') return s.store.read(place).then(now => ({ written: false, view: now }))
  // The failed claim may have been stored all the same, and would then look like a claim whose holder died.
  const takeBack = () => s.keepAlive(s.store.takeBack(place, { owner, write: 1, record: view.record }))
  return s.store.write(place, view, change.record, takeBack)
}

/** Runs the handler under the claim. Rejects only with the handler's own error. */
export function execute(s: Service, view: View, resumed: boolean): Promise<ServerAnswer> {
  const { incoming, runtime, store, owner, settings } = s
  const { place } = incoming
  const holder = new KeyHolder({ place, owner, view }, store, runtime)
  const fence = view.record?.state === 'processing' ? view.record.fence : 0
  s.notify(resumed ? 'taken-over' : 'claimed')
  // Only a listener reads the clock.
  const beganAt = settings.onEvent === undefined ? undefined : runtime.now()
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
      // The key is free again, so the client may try again.
      return tell(s, decision.kind === 'execute' ? { kind: 'in-progress' } : decision)
    },
  })
  s.keepAlive(work, () => s.waiting.get(place)?.forEach(wake => wake()))
  return work
}

/**
 * A class, because an object literal with a getter is rebuilt for each request, at ten times the cost of everything
 * else.
 */
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
    this.completeWithin = (transaction, answer) => completeWithin(s, holder, transaction, answer)
    this[ON_RUN_ERROR] = onError
    this.#stop = stop
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }
}

/** The answer for a request that is not executed. An answer that proves the key's outcome is marked as a replay. */
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

/**
 * The store does not answer, or holds something that is no record. This request executed nothing, and the owner gets
 * the reason.
 */
export function cannotRead(
  error: unknown,
  { settings, notify, onError }: Pick<Service, 'settings' | 'notify' | 'onError'>,
  unknownStatus = 500,
): ServerAnswer {
  notify('store-failed')
  onError(error)
  // A damaged record means that the key was used, and nobody knows its outcome.
  if (isCorrupt(error)) return respond(problem('outcome-unknown', { status: unknownStatus }))
  return unavailable(settings)
}

/** Waits until the time is up, or until the run of this process has ended. */
function nextLook({ waiting, incoming: { place }, runtime }: Service, delayMs: number): Promise<void> {
  return new Promise(resolve => {
    const wakes = waiting.get(place) ?? new Set()
    waiting.set(place, wakes)
    const end = () => {
      cancel()
      wakes.delete(end)
      if (wakes.size === 0 && waiting.get(place) === wakes) waiting.delete(place)
      resolve()
    }
    wakes.add(end)
    const cancel = runtime.after(delayMs, end)
  })
}
