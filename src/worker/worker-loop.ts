import { namePart, namePartOfKey } from '../core/names/identity.ts'
import type { Outcome } from '../core/record/outcome.ts'
import type { ClientCore } from '../client/client-core.ts'
import type { LiveRun } from '../client/live-run.ts'
import type { Candidate, TakenUp } from '../client/stored/take-up.ts'
import { candidateOf, generationOf, ListedOnce, takeUp } from '../client/stored/take-up.ts'
import { whenChanged } from '../client/stored/store-news.ts'
import { hintsOfAll } from '../guards/hints-of.ts'
import { Cue } from '../runtime/cue.ts'
import { pause } from '../runtime/pause.ts'
import type { Attempt } from './core/origins.ts'
import { Origins } from './core/origins.ts'
import { storePauseMs } from './core/pauses.ts'
import type { Instant } from './core/put-off.ts'
import { PutOffs } from './core/put-off.ts'
import type { Refusals } from './core/refusals.ts'
import { isRefusedForGood } from './core/refusals.ts'
import type { RoundCounts } from './core/round-counts.ts'
import { NOTHING_SEEN, saw } from './core/round-counts.ts'
import type { WorkerHealth } from './core/worker-health.ts'
import { isHealthy } from './core/worker-health.ts'
import type { Taken } from './free-taken.ts'
import { freeTaken } from './free-taken.ts'
import type { Given } from './open-scopes.ts'
import { OpenScopes } from './open-scopes.ts'
import { RefusalCount } from './refusal-count.ts'
import { Waiting } from './waiting.ts'
import type { WorkerSettings } from './worker-options.ts'

/** What happened to the operations that a worker had taken up when it was stopped. */
export type WorkerStopped = {
  /** Operations that ended by themselves within `shutdownWithin`. */
  readonly finished: number
  /** Operations that were let go, so that another worker can take them up at once. */
  readonly freed: number
  /**
   * Operations that were not let go because the store did not answer. Another worker takes them up when their lease
   * has run out.
   */
  readonly left: number
}

/**
 * A pause after each handful of records that were not due, ms, so that a million put-off operations do not keep a
 * store busy.
 */
const FRUITLESS_PAUSE_MS = 25
const HANDFUL = 100

/** How long a stopped run without a request on its way may take to let go, ms. The rest is freed (free-taken.ts). */
const LET_GO_MS = 500

/** One worker: looks at open operations, takes up those that are due, and lets them go. See start-worker.ts. */
export class WorkerLoop {
  readonly #core: ClientCore
  readonly #settings: WorkerSettings
  readonly #scopes: OpenScopes
  readonly #putOffs: PutOffs
  readonly #waiting: Waiting
  readonly #origins = new Origins()
  /** By the key of the record. */
  readonly #underWay = new Map<string, Taken>()
  readonly #ended: Record<Outcome, number> = { executed: 0, 'not-executed': 0, unknown: 0 }
  readonly #begunMs: number
  readonly #loop: Promise<void>
  readonly #endNews: () => void
  #state: WorkerHealth['state'] = 'running'
  #isGivenUp = false
  #takenUp = 0
  #storeFailures = 0
  #lookedAt: number | undefined
  #lookedMs: number | undefined
  #wentOnMs: number
  #seen: RoundCounts = { ...NOTHING_SEEN }
  #round: RoundCounts | undefined
  #stopping: Promise<WorkerStopped> | undefined
  #ends: (stopped: WorkerStopped) => void = () => {}
  readonly stopped = new Promise<WorkerStopped>(resolve => (this.#ends = resolve))

  /** `load` loads the code that takes operations up. */
  constructor(core: ClientCore, settings: WorkerSettings, load: () => Promise<unknown>) {
    const { runtime, store } = core.engine
    this.#core = core
    this.#settings = settings
    this.#putOffs = new PutOffs(settings.again)
    this.#waiting = new Waiting(runtime, settings.idle, () => this.#isRunning)
    this.#begunMs = runtime.monotonic()
    this.#wentOnMs = this.#begunMs
    this.#scopes = new OpenScopes(core, settings.batchSize, () => {
      this.#round = this.#seen
      this.#seen = { ...NOTHING_SEEN }
    })
    const closed = () => void this.stop()
    const endChanges = whenChanged(store, () => this.#waiting.tell())
    const endHints = hintsOfAll(store, () => this.#waiting.hint())
    core.atClose.add(closed)
    this.#endNews = () => {
      endChanges()
      endHints()
      core.atClose.delete(closed)
    }
    this.#loop = this.#begin(load).then(() => this.#goOn())
  }

  health(): WorkerHealth {
    const { unhealthyAfterMs } = this.#settings
    const vitals = {
      state: this.#state,
      begunMs: this.#begunMs,
      lookedMs: this.#lookedMs,
      wentOnMs: this.#wentOnMs,
      mayTakeMs: this.#mayTakeMs,
      unhealthyAfterMs,
    }
    const storeFailures = this.#storeFailures
    return {
      isHealthy: isHealthy(vitals, { storeFailures }, this.#core.engine.runtime.monotonic()),
      state: this.#state,
      lookedAt: this.#lookedAt,
      storeFailures,
      open: this.#round?.open,
      left: this.#round?.left,
      refused: this.#round?.refused,
      unknown: this.#round?.unknown,
      oldestAt: this.#round?.oldestAt,
      underWay: this.#underWay.size,
      takenUp: this.#takenUp,
      ended: { ...this.#ended },
      serversDown: this.#origins.downCount,
    }
  }

  /** Takes up no more operations, waits for the running ones, and frees the rest. */
  stop(): Promise<WorkerStopped> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  get #now(): Instant {
    const { runtime } = this.#core.engine
    return { ms: runtime.monotonic(), random: runtime.random() }
  }

  /** The longest time that a running operation may wait for its server. */
  get #mayTakeMs(): number {
    let longestMs = 0
    for (const { candidate } of this.#underWay.values())
      longestMs = Math.max(longestMs, candidate.context.plan.settings.timeoutMs)
    return longestMs
  }

  get #isRunning(): boolean {
    return this.#state === 'running'
  }

  // --- looking at records ---

  async #begin(load: () => Promise<unknown>): Promise<void> {
    for (let failures = 1; this.#isRunning; failures += 1) {
      try {
        await load()
        return
      } catch {
        await this.#waiting.rest(storePauseMs(failures, this.#now.random))
      }
    }
  }

  async #goOn(): Promise<void> {
    let fruitless = 0
    let idleRounds = 0
    let vain = 0
    while (this.#isRunning) {
      if (this.#underWay.size >= this.#settings.concurrency) {
        await this.#waiting.newsWithin(this.#settings.unhealthyAfterMs)
        continue
      }
      const next = await this.#next()
      if (next === 'failed') {
        await this.#waiting.rest(storePauseMs(this.#storeFailures, this.#now.random))
        continue
      }
      if (next === undefined) {
        vain = (await this.#waiting.idle(++idleRounds, vain)) ? vain + 1 : 0
        fruitless = 0
        continue
      }
      if (await this.#look(next)) {
        fruitless = 0
        idleRounds = 0
        vain = 0
      } else if (++fruitless % HANDFUL === 0) await this.#waiting.rest(FRUITLESS_PAUSE_MS)
    }
    await this.#scopes.close()
  }

  async #next(): Promise<Given | undefined | 'failed'> {
    try {
      const next = await this.#scopes.next()
      this.#storeFailures = 0
      this.#lookedAt = this.#core.engine.runtime.now()
      this.#lookedMs = this.#now.ms
      this.#wentOnMs = this.#lookedMs
      return next
    } catch {
      // An event has reported the failure.
      this.#storeFailures += 1
      this.#seen = { ...NOTHING_SEEN }
      return 'failed'
    }
  }

  /** Looks at one record. Returns whether its operation was taken up. */
  async #look({ record: listed, isExtra }: Given): Promise<boolean> {
    const { key, version } = listed
    // An extra record was counted earlier in this round, or will be counted in the next one.
    const seen = isExtra ? { ...NOTHING_SEEN } : this.#seen
    seen.open += 1
    if (!this.#isDefined(key)) {
      seen.unknown += 1
      return false
    }
    const once = new ListedOnce(this.#core, listed)
    const taken = this.#underWay.get(key)
    if (taken === undefined && this.#putOffs.isNews(key, version))
      this.#putOffs.saw(key, version, await generationOf(once))
    const refusals = this.#putOffs.refusals(key)
    if (refusals.count > 0) seen.refused += 1
    if (taken !== undefined || !this.#putOffs.isDue(key, this.#now)) {
      saw(seen, taken?.candidate.record.createdAt ?? this.#putOffs.createdAt(key))
      return false
    }
    // A record that cannot be examined must not end the worker: its code could not be loaded, or reading it throws.
    const found = await candidateOf(this.#core, once, this.#mayBeSent(refusals)).catch(() => undefined)
    if (found === undefined) {
      seen.unknown += 1
      return false
    }
    const record = found.candidate === undefined ? found.record : found.candidate.record
    saw(seen, record?.createdAt)
    if (found.candidate === undefined) {
      if (found.why === 'left') seen.left += 1
      else if (found.why !== 'busy') seen.unknown += 1
      return false
    }
    const { candidate } = found
    const attempt = this.#isRunning
      ? this.#origins.attempt(candidate.record.target.origin, this.#now)
      : undefined
    if (attempt === undefined) return false
    void this.#takeUp(key, candidate, attempt)
    return true
  }

  #mayBeSent(refusals: Refusals): boolean {
    return this.#settings.send && !isRefusedForGood(refusals)
  }

  #isDefined(key: string): boolean {
    const part = namePartOfKey(key)
    for (const name of this.#core.definitions.keys()) if (namePart(name) === part) return true
    return false
  }

  // --- taking operations up ---

  async #takeUp(key: string, candidate: Candidate, attempt: Attempt): Promise<void> {
    const taken: Taken = { candidate, run: undefined }
    this.#underWay.set(key, taken)
    const before = this.#putOffs.refusals(key)
    const refusals = new RefusalCount(before)
    const wanted = this.#mayBeSent(before) ? 'send' : 'ask'
    const failedBefore = this.#putOffs.failed(key)
    const taking = {
      wants: () => (this.#isGivenUp ? 'nothing' : wanted),
      failedBefore,
      refusedBefore: before.count,
      hear: refusals.hear.bind(refusals),
      onRun: (run: LiveRun<unknown>) => {
        taken.run = run
        this.#takenUp += 1
      },
    } as const
    try {
      this.#learn(key, taken, attempt, await takeUp(candidate, taking), refusals.now)
    } catch {
      // The store failed between two runs; an event has reported it.
      const nothing = { server: 'silent', outcome: 'unknown', retryAt: undefined } as const
      this.#learn(key, taken, attempt, { ...nothing, failed: failedBefore }, before)
    }
    this.#underWay.delete(key)
    this.#wentOnMs = this.#now.ms
    this.#waiting.tell()
  }

  #learn(
    key: string,
    { candidate: { record }, run }: Taken,
    attempt: Attempt,
    { server, outcome, retryAt, failed }: TakenUp,
    refusals: Refusals,
  ): void {
    const now = this.#now
    // Without a run, another look had ended the operation since it was listed, or was at work on it.
    if (run !== undefined) this.#ended[outcome] += 1
    this.#origins.heard(record.target.origin, attempt, server === 'busy' ? 'silent' : server, now)
    if (outcome !== 'unknown') return this.#putOffs.forget(key)
    const { runtime } = this.#core.engine
    const notBeforeMs = retryAt === undefined ? undefined : now.ms + retryAt - runtime.now()
    const isOfServer = server === 'unreachable' && this.#origins.isDown(record.target.origin)
    const because = isOfServer ? 'of-its-server' : 'of-itself'
    const { key: of, createdAt } = record
    this.#putOffs.putOff(key, { of, failed, refusals, notBeforeMs, because, createdAt }, now)
  }

  // --- stopping ---

  async #stop(): Promise<WorkerStopped> {
    this.#state = 'stopping'
    this.#endNews()
    this.#waiting.tell()
    const atStop = this.#underWay.size
    await this.#idleWithin(this.#settings.shutdownWithinMs)
    const finished = atStop - this.#underWay.size
    this.#isGivenUp = true
    for (const { run } of this.#underWay.values()) run?.stop('closed')
    await this.#idleWithin(LET_GO_MS)
    const held = [...this.#underWay.values()]
    const isFree = await Promise.all(held.map(taken => freeTaken(this.#core, taken)))
    await Promise.race([this.#loop, pause(this.#core.engine.runtime, LET_GO_MS, new Cue())])
    this.#state = 'stopped'
    const left = isFree.filter(free => !free).length
    const stopped = { finished, freed: atStop - finished - left, left }
    this.#ends(stopped)
    return stopped
  }

  /** Waits until no operation is running, and at most `withinMs`. */
  async #idleWithin(withinMs: number): Promise<void> {
    const untilMs = this.#now.ms + withinMs
    for (let leftMs = withinMs; leftMs > 0 && this.#underWay.size > 0; leftMs = untilMs - this.#now.ms)
      await this.#waiting.newsWithin(leftMs)
  }
}
