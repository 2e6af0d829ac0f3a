import { scopePrefix } from '../../core/names/identity.ts'
import { hasNothingToDo } from '../../core/stored/resumable.ts'
import { isOpen, type OpenRecord, type OperationRecord } from '../../core/record/operation-record.ts'
import { isTombstone } from '../../core/record/tombstone.ts'
import type { WatchEvent, WatchState } from '../../core/watching/watch-state.ts'
import { nothingWatched } from '../../core/watching/watch-state.ts'
import { nextLookMs, watchStep } from '../../core/watching/watch-step.ts'
import { tell } from '../../guards/listeners.ts'
import type { ClientCore, WatchingPart } from '../client-core.ts'
import type { LiveRun } from '../live-run.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import { named } from '../operation-context.ts'
import type { Settled } from '../settled.ts'
import type { Snapshot } from '../snapshot.ts'
import { goneSnapshot } from '../snapshot.ts'
import { snapshotOf } from '../snapshot-of.ts'
import type { Looked } from './look.ts'
import { foundNothing, lookOnce } from './look.ts'
import type { OneWatcher, ScopeWatcher, WatchedOne } from './watchers.ts'
import { listenersOf, presentOf, scopeOf, wantsOf, watchedOne } from './watchers.ts'
import { openRecords, patientJournal } from './patient-journal.ts'
import type { News } from './watch-news.ts'
import { hearHints, hearNews } from './watch-news.ts'
import { idOf, openRecord } from './pending.ts'
import { contextOf } from './whose.ts'

/** How many operations are watched at once: the oldest first, then the later ones as these end. */
const MOST_WATCHED = 1_000

/**
 * All watches of one client. The table executes what the machine in core/watching decides, and calls the watchers. Its
 * timers do not keep the process alive; if nothing is watched, there are none.
 */
export class WatchTable implements WatchingPart {
  readonly #core: ClientCore
  readonly #entries = new Map<string, WatchedOne>()
  readonly #scopes = new Map<ScopeWatcher, string | undefined>()
  /** Keys of open records that are known to have had no effect: looking again would bring the same result. */
  readonly #idle = new Set<string>()
  #state: WatchState = nothingWatched
  #cancelWait = () => {}
  #endNews: (() => void) | undefined

  constructor(core: ClientCore) {
    this.#core = core
  }

  watchOne(context: OperationContext, operation: Named, watcher: OneWatcher): () => void {
    const entry = this.#entryOf(context, operation)
    entry.ones.add(watcher)
    this.#attend()
    void this.#meet(entry)
    return () => {
      entry.ones.delete(watcher)
      this.#leaveIfUnwatched(entry)
    }
  }

  watchScope(watcher: ScopeWatcher): () => void {
    this.#scopes.set(watcher, undefined)
    this.#attend()
    void this.#list(watcher)
    return () => {
      this.#scopes.delete(watcher)
      for (const entry of this.#entries.values()) {
        entry.scopes.delete(watcher)
        this.#leaveIfUnwatched(entry)
      }
      this.#rest()
    }
  }

  nextLookAt(liveKey: string): number | undefined {
    const { runtime } = this.#core.engine
    const ms = nextLookMs(this.#state, liveKey)
    return ms === undefined ? undefined : runtime.now() + Math.max(0, Math.ceil(ms - runtime.monotonic()))
  }

  runOver(liveKey: string, run: LiveRun<unknown>): void {
    if (!run.isLook) return void run.settled.then(settled => this.#runEnded(liveKey, run, settled))
    // A look of an earlier watch has ended. Until now it kept the current watchers from looking.
    const entry = this.#entries.get(liveKey)
    if (entry !== undefined && entry.run !== run) this.#meetAnew(entry)
  }

  close(): void {
    this.#scopes.clear()
    for (const entry of this.#entries.values()) this.#drop(entry)
    this.#rest()
  }

  // --- what is watched ---

  #entryOf(context: OperationContext, operation: Named): WatchedOne {
    const known = this.#entries.get(operation.liveKey)
    if (known !== undefined) return known
    const entry = watchedOne(context, operation)
    this.#entries.set(operation.liveKey, entry)
    entry.unwatchStore = hearHints(this.#core, operation, () => this.#hinted(entry))
    return entry
  }

  #isWatched(entry: WatchedOne): boolean {
    return this.#entries.get(entry.operation.liveKey) === entry
  }

  #leaveIfUnwatched(entry: WatchedOne): void {
    if (!this.#isWatched(entry)) return
    const isLeft = entry.ones.size + entry.scopes.size === 0
    // The remaining watchers decide whether the look may send.
    if (isLeft || (entry.run?.mode === 'resume' && wantsOf(entry) !== 'send')) entry.run?.stop('aborted')
    if (isLeft) this.#drop(entry)
  }

  #drop(entry: WatchedOne): void {
    if (!this.#isWatched(entry)) return
    this.#entries.delete(entry.operation.liveKey)
    entry.unwatchStore()
    this.#post({ type: 'left', key: entry.operation.liveKey })
    this.#rest()
  }

  /** Lists the open operations of whoever is logged in. Nothing is asked about those of another user. */
  async #list(watcher: ScopeWatcher): Promise<void> {
    const scope = scopeOf(watcher)
    for (const entry of this.#entries.values()) {
      if (entry.operation.identity.scope === scope) continue
      entry.scopes.delete(watcher)
      this.#leaveIfUnwatched(entry)
    }
    if (!this.#scopes.has(watcher)) return
    this.#scopes.set(watcher, scope)
    if (scope === undefined) return
    try {
      for await (const listed of openRecords(this.#core, scopePrefix(scope))) {
        if (this.#entries.size >= MOST_WATCHED || this.#scopes.get(watcher) !== scope) return
        const record = await openRecord(this.#core, listed, { scope, scopeNow: watcher.scopeNow })
        if (record !== undefined) this.#add(watcher, record, 'now')
      }
    } catch {
      // An event reports the failure, and the store is listed again later.
    }
  }

  #add(watcher: ScopeWatcher, record: OpenRecord, when: 'now' | 'later', retryAt?: number): void {
    const context = contextOf(this.#core, record.name, watcher.scopeNow)
    const isIdle = this.#idle.has(record.key) || hasNothingToDo(record, watcher.send)
    if (context === undefined || isIdle || !this.#scopes.has(watcher)) return
    const operation = named(context, idOf(record), record.scope)
    const isLive = this.#core.liveRun(operation.liveKey) !== undefined
    const entry = this.#entryOf(context, operation)
    entry.scopes.add(watcher)
    entry.snapshot ??= snapshotOf(record)
    // A live run of a call reports its own end.
    if (!isLive) this.#found(entry, record.target.origin, when, retryAt)
  }

  #found(entry: WatchedOne, origin: string, when: 'now' | 'later', retryAt?: number): void {
    entry.origin = origin
    const notBeforeMs = retryAt === undefined ? undefined : this.#msOf(retryAt)
    this.#post({ type: 'found', key: entry.operation.liveKey, origin, when, notBeforeMs })
  }

  // --- what is learnt ---

  /** Reads the record. If it is open, looks begin; if it is settled, its end goes to the watchers. */
  async #meet(entry: WatchedOne): Promise<void> {
    const { liveKey } = entry.operation
    if (entry.isReading || entry.run !== undefined || this.#core.liveRun(liveKey) !== undefined) return
    entry.isReading = true
    const read = () => patientJournal(this.#core, entry.operation).read()
    let record: OperationRecord | 'unread' | undefined
    do {
      entry.isOutdated = false
      // If something was written during the read, the record is read again.
      record = await read().catch(() => 'unread' as const)
    } while (entry.isOutdated && this.#isWatched(entry))
    entry.isReading = false
    if (!this.#isWatched(entry) || this.#core.liveRun(liveKey) !== undefined) return
    if (record === 'unread') return this.#found(entry, '', 'later')
    if (record === undefined || isTombstone(record)) return this.#gone(entry)
    if (!isOpen(record)) return this.#look(entry)
    if (!this.#state.operations.has(liveKey)) this.#found(entry, record.target.origin, 'now')
    this.#tell(entry, snapshotOf(record), undefined)
  }

  /** Called when the store or a call of this process reports a write. */
  #hinted(entry: WatchedOne): void {
    if (entry.isReading || entry.run !== undefined) entry.isOutdated = true
    else void this.#meet(entry)
  }

  /**
   * The record is gone: the operation was forgotten. Watchers that have seen a record are informed. The watch stays, in
   * case the operation is begun again.
   */
  #gone(entry: WatchedOne): void {
    entry.scopes.clear()
    this.#post({ type: 'left', key: entry.operation.liveKey })
    const { snapshot } = entry
    if (snapshot?.state !== undefined) this.#tell(entry, goneSnapshot(snapshot), undefined)
    this.#leaveIfUnwatched(entry)
  }

  /** Reads the record again, unless looks at the operation are planned. */
  #meetAnew(entry: WatchedOne): void {
    if (!this.#state.operations.has(entry.operation.liveKey)) void this.#meet(entry)
  }

  async #look(entry: WatchedOne): Promise<void> {
    if (!this.#isWatched(entry)) return
    const { operation } = entry
    const key = operation.liveKey
    const present = presentOf(entry)
    const foremost = present.find(({ send }) => send) ?? present[0]
    if (foremost === undefined) {
      this.#post({ type: 'looked', key, said: { kind: 'silent' } })
      for (const watcher of entry.scopes) void this.#list(watcher)
      return
    }
    const context = { ...entry.context, scopeNow: foremost.scopeNow }
    const looked = await lookOnce(context, operation, {
      wants: () => wantsOf(entry),
      ownPayloads: present.flatMap(watcher => ('ownPayload' in watcher ? (watcher.ownPayload ?? []) : [])),
      failedBefore: entry.failed,
      isTold: entry.ones.size > 0,
      onRun: run => (entry.run = run),
    }).catch(() => 'unread' as const)
    entry.run = undefined
    if (!this.#isWatched(entry)) return
    const { isOutdated } = entry
    if (looked === 'unread') this.#post({ type: 'looked', key, said: { kind: 'silent' } })
    else this.#learn(entry, looked)
    if (isOutdated) void this.#meet(entry)
  }

  #learn(entry: WatchedOne, { kind, origin, snapshot, end, retryAt, failed }: Looked): void {
    const key = entry.operation.liveKey
    const notBeforeMs = retryAt === undefined ? undefined : this.#msOf(retryAt)
    entry.failed = failed
    this.#post({ type: 'looked', key, said: { kind, notBeforeMs } })
    if (kind === 'busy') return
    if (snapshot === undefined || foundNothing(snapshot, end)) return this.#gone(entry)
    if (end !== undefined) return this.#end(entry, snapshot, end)
    // The store could not be read.
    if (snapshot.state === undefined) return
    if (snapshot.state === 'succeeded' || snapshot.state === 'failed') {
      entry.scopes.clear()
      this.#post({ type: 'left', key })
      return this.#leaveIfUnwatched(entry)
    }
    if (origin !== undefined && origin !== entry.origin) {
      this.#post({ type: 'left', key })
      this.#found(entry, origin, 'later', retryAt)
    }
    this.#tell(entry, snapshot, undefined)
  }

  #end(entry: WatchedOne, snapshot: Snapshot, end: Settled): void {
    const isOpenStill = snapshot.state === 'pending' || snapshot.state === 'processing'
    if (this.#idle.size >= MOST_WATCHED) this.#idle.clear()
    if (snapshot.key !== undefined && isOpenStill) this.#idle.add(snapshot.key)
    const told = listenersOf(entry)
    for (const one of told) entry.ones.delete(one)
    entry.scopes.clear()
    this.#post({ type: 'left', key: entry.operation.liveKey })
    // Watchers whose user has logged out get the end when the user is back.
    this.#leaveIfUnwatched(entry)
    this.#tell(entry, snapshot, end, told)
  }

  #runEnded(liveKey: string, run: LiveRun<unknown>, settled: Settled): void {
    const entry = this.#entries.get(liveKey)
    if (this.#core.liveRun(liveKey) !== undefined) return
    const { record } = run
    // A call with another payload is not the end of the watched operation.
    if (settled.outcome !== 'unknown' && settled.error?.reason !== 'changed') {
      if (entry !== undefined) this.#end(entry, run.snapshot, settled)
      return
    }
    if (record === undefined || !isOpen(record)) {
      if (entry !== undefined) this.#meetAnew(entry)
      return
    }
    const retryAt = settled.error?.retryAt
    for (const watcher of this.#scopes.keys()) {
      if (scopeOf(watcher) === record.scope) this.#add(watcher, record, 'later', retryAt)
    }
    const watched = this.#entries.get(liveKey)
    if (watched === undefined) return
    if (!this.#state.operations.has(liveKey)) this.#found(watched, record.target.origin, 'later', retryAt)
    this.#tell(watched, run.snapshot, undefined)
  }

  /** Calls only the listeners whose user is logged in: nobody gets another user's operation. */
  #tell(
    entry: WatchedOne,
    snapshot: Snapshot,
    end: Settled | undefined,
    listeners = listenersOf(entry),
  ): void {
    const nextLookAt = end === undefined ? this.nextLookAt(entry.operation.liveKey) : undefined
    entry.snapshot = Object.freeze({ ...snapshot, nextLookAt })
    const told = entry.snapshot
    const { listenerFailed } = this.#core.engine
    for (const { listener } of listeners) tell(() => listener(told, end), 'watch', listenerFailed)
  }

  // --- when it looks ---

  #post(event: WatchEvent): void {
    const { runtime } = this.#core.engine
    const now = { ms: runtime.monotonic(), random: runtime.random() }
    const [state, commands] = watchStep(this.#state, event, now)
    this.#state = state
    this.#cancelWait()
    for (const command of commands) {
      if (command.do === 'wait')
        this.#cancelWait = runtime.afterwards(command.delayMs, () => this.#post({ type: 'due' }))
      else {
        const entry = this.#entries.get(command.key)
        if (entry !== undefined) void Promise.resolve().then(() => this.#look(entry))
      }
    }
  }

  #msOf(at: number): number {
    const { runtime } = this.#core.engine
    return runtime.monotonic() + at - runtime.now()
  }

  /** Begins to listen for news. */
  #attend(): void {
    this.#endNews ??= hearNews(this.#core.engine, {
      woken: () => {
        this.#idle.clear()
        this.#post({ type: 'woken' })
      },
      round: whose => this.#lookAround(whose),
      changed: liveKey => {
        for (const [key, entry] of this.#entries)
          if (liveKey === undefined || key === liveKey) this.#hinted(entry)
      },
    })
  }

  /** Finds operations that others left open, and what became of watched ones that no look is planned for. */
  #lookAround(whose: Parameters<News['round']>[0]): void {
    for (const [watcher, scope] of this.#scopes)
      if (whose === 'all' || scopeOf(watcher) !== scope) void this.#list(watcher)
    if (whose === 'all') for (const entry of this.#entries.values()) this.#meetAnew(entry)
  }

  /** Stops timers and listeners when nothing is watched. */
  #rest(): void {
    if (this.#entries.size + this.#scopes.size > 0) return
    this.#cancelWait()
    this.#endNews?.()
    this.#endNews = undefined
  }
}
