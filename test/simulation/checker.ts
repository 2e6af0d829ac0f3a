import { CONCLUDED_NOT_EXECUTED } from '../../src/client/stored/call-arguments.ts'
import type { Lease } from '../../src/core/record/lease.ts'
import { isFree } from '../../src/core/record/lease.ts'
import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import { isOpen } from '../../src/core/record/operation-record.ts'
import type { Outcome } from '../../src/core/record/outcome.ts'
import type { ClockReading } from '../../src/core/record/server-clock.ts'
import { isLookOld } from '../../src/core/run/knowledge.ts'
import { outcomeNow } from '../../src/core/run/run-outcome.ts'
import { retentionAt } from './model-server.ts'
import { deadlineOf, pollDeadlineOf, SETTINGS } from './plan.ts'
import type { Plan } from './plan.ts'
import type { Effect, ServerSide } from './server-side.ts'
import type { SimProcess } from './sim-process.ts'
import type { Fault, Sent } from './sim-network.ts'
import type { Landed, StoreFault } from './sim-store.ts'

/** What a caller was told, and by whom. */
export type Word = {
  readonly at: number
  readonly since: number
  readonly process: SimProcess
  readonly op: string
  readonly kind: string
  readonly outcome: Outcome
  readonly code: string | undefined
  readonly key: string | undefined
  readonly item: string | undefined
  readonly data: unknown
  /** The run that told it, if it was one. */
  readonly run?: number | undefined
  /** The keys that its caller had seen under way. */
  readonly shown?: ReadonlySet<string>
}

/** A run that may send; `op` undefined: of any operation. Callers that join share it. */
export type Run = {
  readonly id: number
  readonly process: SimProcess
  readonly op: string | undefined
  readonly since: number
}

/** A call that may send, from its begin until it is told; `op` undefined: a resume, of any operation. */
export type Caller = {
  readonly process: SimProcess
  readonly op: string | undefined
  readonly since: number
  /** Callers that join share it. */
  readonly run: number
  /** The keys that it saw under way. */
  readonly shown: Set<string>
}

/** A look at the store that was answered; `since`: when it began, by the clocks of its process. */
export type Contact = { readonly begunAt: number; readonly since: ClockReading }

export type Violation = { readonly rule: string; readonly detail: string }

/** Who began to look at the store so lately may have missed what another process has written. */
const FRESH_MS = 2_500
/** What a drifting clock takes longer for a deadline. */
const CLOCK_MS = 1_000
/** A slow store takes so long for a write. */
const SLOW_WRITE_MS = 3_000

/**
 * Holds a history to the promises: every send at the network, every effect at the server, every write that
 * landed in the store, every word told to a caller. Rules that need the end are checked at the end, late
 * arrivals included.
 */
const UNCHANGED = new Set<Fault | undefined>([undefined, 'answer slow', 'held', 'held long'])
const LANDS_LATE: StoreFault = 'store: set fails, lands late'

export class Checker {
  readonly violations: Violation[] = []
  readonly #plan: Plan
  readonly #server: ServerSide
  readonly #now: () => number
  readonly #sends: Sent[] = []
  /** With each word: how many sends had left by then, and since when its process need not know of others. */
  readonly #words: {
    readonly word: Word
    readonly sendCount: number
    readonly unseenSince: number
  }[] = []
  readonly #keys = new Map<string, { readonly op: string; readonly since: number; readonly by: SimProcess }>()
  /** By process: when it had seen two right Dates of the server's. */
  readonly #dates = new Map<SimProcess, number>()
  readonly #datesSeen = new Map<SimProcess, number>()
  /** By process: when the question left whose answer had the last one. */
  readonly #lastDates = new Map<SimProcess, number>()
  /** By process and operation: a conflict was found to be its own change. */
  readonly #foundOut = new Set<string>()
  /** Keys whose result a caller was given. */
  /** Since when a caller has the result of a key. */
  readonly #given = new Map<string, number>()
  /** By runner and key: when it last wrote an attempt ahead. */
  readonly #aheadAt = new Map<string, number>()
  /** By key: who told the time of its first send, and when. */
  readonly #dated = new Map<string, { readonly process: SimProcess; readonly at: number }>()
  /** By process and key: what its last ask was. */
  readonly #asked = new Map<string, 'poll' | 'query' | 'either'>()
  readonly #atWork = new Set<string>()
  /** Sends that were answered with a 409 that has a type of its own. */
  readonly #typed: Sent[] = []
  readonly #targets = new Map<string, { readonly target: string; readonly sent: Sent }>()
  readonly #failedKeys = new Map<string, string>()
  readonly #truths = new Set<string>()
  /** What was told of an operation without naming a key. */
  readonly #loose = new Set<string>()
  /** Operations of which something untrue was told from outside: their words and effects are nobody's fault here. */
  readonly #lied = new Set<string>()
  /** By operation: when it was forgotten, or its record was removed. */
  readonly #forgotten = new Map<string, number[]>()
  readonly #forcing = new Set<SimProcess>()
  readonly #runs: Run[] = []
  readonly #callers = new Set<Caller>()
  /** Calls that are over, and since when: what they began may be written yet. */
  readonly #left: { readonly caller: Caller; readonly at: number }[] = []
  readonly #closing = new Set<SimProcess>()
  /** By process: the operations, or whole scopes, that it was told to drop. */
  readonly #drops = new Set<string>()
  /** Operations whose last caller was told "not executed": nobody has asked for them since. */
  readonly #givenUp = new Map<string, Word>()
  readonly #succeededKeys = new Map<string, { readonly op: string; readonly at: number }>()
  /** What was sent by a run that others had joined, after one of its callers was told "not executed". */
  readonly #goneOn: { readonly word: Word; readonly sent: Sent }[] = []
  readonly #leftInARun: { readonly word: Word; readonly others: readonly Caller[] }[] = []
  /** By operation: what is stored, and since when. */
  readonly #stored = new Map<string, { readonly record: OperationRecord; readonly at: number }>()
  /** "Not executed", of what another runner held then, as the teller had read. */
  readonly #heldByOther: { readonly word: Word; readonly runner: string }[] = []
  /** When a run's callers were told how it ended; an abort tells its caller, but does not end the run. */
  readonly #endOfRun = new Map<number, number>()
  /** By process and key: the sends of which a runner in it knows that they succeeded. */
  readonly #successes = new Map<string, readonly Sent[]>()
  /** By process and operation: its answered looks at the store. */
  readonly #contacts = new Map<string, readonly Contact[]>()

  constructor(plan: Plan, server: ServerSide, now: () => number) {
    this.#plan = plan
    this.#server = server
    this.#now = now
  }

  /** Whether a key has grown so old that nobody is expected to send with it any more. */
  isOld(key: string): boolean {
    const since = this.#keys.get(key)?.since
    // Whoever sent it first may have started before the retention was raised, and the record keeps what was stated then.
    return since !== undefined && this.#now() - since > this.#plan.manner.retentionMs * 0.85
  }

  /** The same, of a key by its first send: one that was stored long ago, and never sent, has no age. */
  wasSentLongAgo(key: string): boolean {
    const first = this.#sends.find(sent => sent.key === key && sent.sight !== 'not sent')
    return first !== undefined && this.#now() - first.at > this.#plan.manner.retentionMs * 0.85
  }

  /** A deployment may have raised it; what was first sent before then is remembered as it was. */
  #retentionOf(firstSentAt: number): number {
    return retentionAt(firstSentAt, this.#plan.manner, this.#plan.edges)
  }

  violate(rule: string, detail: string): void {
    this.violations.push({ rule, detail: `at ${this.#now()} ms: ${detail}` })
  }

  /** An operator's word about a key: told of another generation, as it may have begun meanwhile, it is a lie. */
  tells(op: string, key: string, outcome: string): void {
    this.#truths.add(`${op} ${key} ${outcome}`)
  }

  /** The same without naming a key: of whichever generation is there. */
  tellsLoosely(op: string, outcome: string): void {
    this.#loose.add(`${op} ${outcome}`)
  }

  begins(run: Run): void {
    this.#runs.push(run)
  }

  /** Somebody asks for it: until the returned function is called a send may leave for this call. */
  calls(caller: Caller): () => void {
    this.#callers.add(caller)
    if (caller.op !== undefined) this.#givenUp.delete(caller.op)
    return () => {
      this.#callers.delete(caller)
      this.#left.push({ caller, at: this.#now() })
    }
  }

  /** Its runs are stopped as by an abort. */
  closes(process: SimProcess): void {
    this.#closing.add(process)
  }

  /** From now on this process may drop the operation, or all of a scope: its user demanded it. */
  drops(process: SimProcess, what: string): void {
    this.#drops.add(`${process.pid} ${what}`)
  }

  /** From now on this process may drop what is open: its user demanded it. */
  forces(process: SimProcess): void {
    this.#forcing.add(process)
  }

  contact(process: SimProcess, op: string, contact: Contact): void {
    const name = `${process.pid} ${op}`
    this.#contacts.set(name, [...(this.#contacts.get(name) ?? []), contact])
  }

  sends(sent: Sent): void {
    if (!sent.url.startsWith('https://api.example/'))
      this.violate('nothing leaves the origin', `${sent.process.name} sent ${sent.method} to ${sent.url}`)
    const known = this.#keys.get(sent.isOperation ? sent.key : keyIn(sent.url))
    if (known !== undefined && known.op.split('/')[0] !== sent.scope)
      this.violate('nobody else’s', `fetch ${sent.id} of ${known.op} left while ${sent.scope} is logged in`)
    this.#isOneTarget(sent)
    if (!sent.isOperation) return this.#asks(sent)
    this.#isAskedOnce(sent)
    if (known === undefined || known.op !== sent.op) {
      this.violate('write-ahead', `fetch ${sent.id} of ${sent.op} left before its key ${sent.key} was stored`)
    } else {
      const first = this.#sends.find(before => before.key === sent.key && before.sight !== 'not sent')
      const ageMs = sent.at - (first?.at ?? sent.at)
      if (this.#plan.manner.honoursKeys && ageMs >= this.#retentionOf(first?.at ?? sent.at)) {
        this.violate('no stale key', `fetch ${sent.id} left ${ageMs} ms after the first`)
      }
    }
    if (!this.#plan.manner.honoursKeys && this.#plan.absentAfterMs === undefined) this.#withoutKeys(sent)
    if (this.#callersOf(sent.process, sent.op).length === 0)
      this.violate('nothing is sent unasked', `fetch ${sent.id} left, and no call is under way that may send`)
    for (const { word, runner } of this.#heldByOther) {
      const isOfThen = this.#callersOf(sent.process, sent.op).some(({ since }) => since <= word.at)
      if (word.op === sent.op && word.key === sent.key && runner === runnerOf(sent.process) && isOfThen)
        this.#goneOn.push({ word, sent })
    }
    const last = this.#givenUp.get(sent.op)
    // The word on one generation says nothing of the next.
    const givenUp = last?.key === undefined || last.key === sent.key ? last : undefined
    // A write that failed, and landed after its caller was told so, cannot be taken back.
    const mayLandLate = this.#plan.rates.store > 0 || this.#plan.script?.writes !== undefined
    const storedAt = this.since(sent.key)
    const isLate = givenUp !== undefined && mayLandLate && storedAt > givenUp.at
    // What another process wrote since this one looked last, nobody could know of, though its writer died meanwhile.
    const isOfAnother =
      givenUp !== undefined &&
      this.#keys.get(sent.key)?.by !== givenUp.process &&
      storedAt > Math.max(givenUp.since, givenUp.at - FRESH_MS)
    if (givenUp !== undefined && !isLate && !isOfAnother)
      this.violate(
        'what did not happen does not happen by itself',
        `fetch ${sent.id} left, after ${givenUp.process.name} said at ${givenUp.at} that it was not executed`,
      )
    for (const { word, others } of this.#leftInARun) {
      const isOurs = word.process === sent.process && word.op === sent.op && word.key === sent.key
      if (isOurs && others.some(other => this.#callers.has(other))) this.#goneOn.push({ word, sent })
    }
    sent.aheadAt = this.#aheadAt.get(`${runnerOf(sent.process)} ${sent.key}`) ?? sent.at
    this.#sends.push(sent)
  }

  /** A key is used with the credential and at the deployment where it was first sent, to send and to ask. */
  #isOneTarget(sent: Sent): void {
    const key = sent.isOperation ? sent.key : keyIn(sent.url)
    const target = `account ${sent.account}, deployment ${sent.space}`
    const first = this.#targets.get(key)
    // What never left may be begun for another.
    const isFirst = first === undefined || first.sent.sight === 'not sent'
    if (isFirst && sent.isOperation) this.#targets.set(key, { target, sent })
    if (!isFirst && first.target !== target)
      this.violate('one target', `fetch ${sent.id} of ${key} went to ${target}, not to ${first.target}`)
  }

  /** A refusal with a type of its own is an answer: the run that got it does not send for it again and again. */
  #isAskedOnce(sent: Sent): void {
    // A "not found" in between permits it, under an honoured key.
    if (this.#plan.manner.statusLagMs !== undefined) return
    const since = Math.min(...this.#callersOf(sent.process, sent.op).map(caller => caller.since))
    const refused = this.#typed.filter(
      ({ process, key, at, sightAt }) =>
        process === sent.process && key === sent.key && at >= since && sightAt < sent.at,
    )
    if (refused.length > 1)
      this.violate('a refusal is not sent for again', `fetch ${sent.id} left after ${refused.length} of them`)
  }

  #callersOf(process: SimProcess, op: string): readonly Caller[] {
    return [...this.#callers].filter(
      caller => caller.process === process && (caller.op === undefined || caller.op === op),
    )
  }

  /** P8: after a send that may have executed there is no other. */
  #withoutKeys(sent: Sent): void {
    const doubtful = this.#sends.find(
      before =>
        before.key === sent.key &&
        before.fault !== 'redirect 307 own' &&
        (before.sight === 'pending' ||
          before.sight === 'doubt' ||
          before.sight === 'success' ||
          (before.sight === 'refused' && before.process.runtime.environment === 'other')),
    )
    if (doubtful !== undefined) {
      this.violate(
        'no key, no re-send',
        `fetch ${sent.id} left after fetch ${doubtful.id}, whose end is: ${doubtful.sight}`,
      )
    }
  }

  /** A poll asks about work that goes on, as far as anybody knew when it left; a query asks what became of it. */
  tellsOfAsk(process: SimProcess, type: 'poll' | 'query', key: string | undefined): void {
    const asked = this.#asked.get(`${process.pid} ${key}`)
    if (this.#plan.edges === undefined || asked === undefined) return
    if (type === 'poll' ? asked === 'query' : asked === 'poll')
      this.violate(
        'events tell what was asked',
        `${process.name} told of a ${type} of ${key}: it was a ${asked}`,
      )
  }

  /** Somebody has been told that it is at work. */
  isAtWork(key: string): void {
    this.#atWork.add(key)
  }

  #asks(sent: Sent): void {
    const key = keyIn(sent.url)
    const op = this.#keys.get(key)?.op ?? ''
    const isKnown = this.#atWork.has(key) || this.#stored.get(op)?.record.state === 'processing'
    // Where it is known, either may be meant: another run may have been told.
    const status = isKnown ? 'either' : 'query'
    this.#asked.set(`${sent.process.pid} ${key}`, /\/ops\//.test(sent.url) ? 'poll' : status)
  }

  /** An answer of the server's own reached this process, with the right Date. */
  seesDate({ process, at }: Sent): void {
    const seen = (this.#datesSeen.get(process) ?? 0) + 1
    this.#datesSeen.set(process, seen)
    this.#lastDates.set(process, at)
    if (seen === 2) this.#dates.set(process, this.#now())
  }

  sees(sent: Sent): void {
    // Half a refusal is none: what was cut on the way is asked for again.
    const isWhole = sent.fault?.includes('cut') !== true
    if (sent.isOperation && sent.status === 409 && sent.isTyped && isWhole) this.#typed.push(sent)
    if (!sent.isOperation || sent.sight !== 'success') return
    const name = `${sent.process.pid} ${sent.key}`
    this.#successes.set(name, [...(this.#successes.get(name) ?? []), sent])
  }

  lands({ before, after, process, at }: Landed<OperationRecord>): void {
    const op = opOf(before ?? after)
    if (after === undefined) this.#stored.delete(op)
    else this.#stored.set(op, { record: after, at })
    if (after === undefined || isTombstone(after)) {
      const wasOpen = before?.state === 'pending' || before?.state === 'processing'
      const isAsked = [op, op.split('/')[0]].some(what => this.#drops.has(`${process.pid} ${what}`))
      if (!isAsked) this.violate('nothing is dropped unasked', `${process.name} dropped ${op}`)
      if (wasOpen && !this.#forcing.has(process))
        this.violate('only force drops what is open', `${process.name} dropped ${wordOf(before)}`)
      this.#forgotten.set(op, [...(this.#forgotten.get(op) ?? []), at])
      return
    }
    if (!this.#keys.has(after.key)) this.#begun(after, op, process)
    if ('inFlight' in after && after.inFlight?.runner === runnerOf(process))
      this.#aheadAt.set(`${runnerOf(process)} ${after.key}`, at)
    if (after.firstSentAt !== undefined && after.firstSentAt !== before?.firstSentAt)
      this.#dated.set(after.key, { process, at })
    if (after.state === 'succeeded' && !this.#succeededKeys.has(after.key))
      this.#succeededKeys.set(after.key, { op, at })
    const outcome = after.state === 'succeeded' ? 'executed' : 'not-executed'
    if (isToldFromOutside(after) && !this.#truths.has(`${op} ${after.key} ${outcome}`)) {
      // "Not executed" without a key is refused once there has been more than one.
      const mayBeMeant = outcome === 'executed' || after.generation === 1
      if (this.#loose.has(`${op} ${outcome}`) && mayBeMeant) this.#lied.add(op)
      else this.violate('a word on one key is none on another', `${process.name} wrote ${wordOf(after)}`)
    }
    if (after.state === 'failed') this.#failedKeys.set(after.key, after.failure.reason)
    if (before === undefined || isTombstone(before)) return
    const write = `${process.name} wrote ${wordOf(after)} over ${wordOf(before)}`
    if (after.generation < before.generation) this.violate('generations only grow', write)
    if (after.key !== before.key) {
      if (before.state !== 'failed') this.violate('only proof rotates a key', write)
      return
    }
    if (before.state === 'succeeded' && after.state !== 'succeeded')
      this.violate('success is never lost', write)
    if (before.state === 'failed' && after.state !== 'failed' && after.state !== 'succeeded')
      this.violate('what failed stays failed', write)
    if (isLostDoubt(before, after)) this.violate('no doubt is forgotten', write)
  }

  /** A key is stored for the first time: by a call that has not seen another one under way. */
  #begun(record: OperationRecord, op: string, process: SimProcess): void {
    const { key } = record
    const isKnown = (other: string) => this.#keys.has(other)
    const callers = this.#callersOf(process, op)
    const isLateWrite = callers.length === 0
    const isOurs = ({ process: other, op: its }: Caller) => other === process && its === op
    const leftJustNow = this.#left.filter(
      ({ at, caller }) => isOurs(caller) && this.#now() - at <= SLOW_WRITE_MS,
    )
    const hasNewcomer = [...callers, ...leftJustNow.map(({ caller }) => caller)].some(
      ({ shown }) => ![...shown].some(isKnown),
    )
    this.#keys.set(key, { op, since: this.#now(), by: process })
    // A conflict that is another's has a next input, which is another generation (section 4).
    if (this.#plan.edges?.changedBefore === true) return
    // What `cancel` leaves where nothing was sent has no key.
    const mayLand = this.#plan.storeFaults.includes(LANDS_LATE)
    if (isLateWrite || hasNewcomer || key === '' || isToldFromOutside(record) || mayLand) return
    this.violate(
      'a call begins one generation',
      `${process.name} began ${key} for calls that had seen ${[...callers[0]!.shown].join(', ')} under way`,
    )
  }

  told(word: Word): void {
    const contacts = this.#contacts.get(`${word.process.pid} ${word.op}`) ?? []
    if (word.run !== undefined && word.code !== 'aborted') this.#endOfRun.set(word.run, word.at)
    this.#words.push({ word, sendCount: this.#sends.length, unseenSince: firstYoungLook(word, contacts) })
    const longestMs = deadlineOf(this.#plan) + pollDeadlineOf(this.#plan) + 2 * SETTINGS.timeout + CLOCK_MS
    const tookMs = word.at - word.since
    if (word.kind.startsWith('run') && word.process.thawedAt < word.since && tookMs > longestMs)
      this.violate('everything ends', `${word.process.name} told a caller of ${word.op} after ${tookMs} ms`)
    if (word.kind === 'run' && word.code === 'aborted' && !this.#closing.has(word.process))
      this.violate('only who aborts is told of it', `${word.process.name} said it to a caller of ${word.op}`)
    if (word.code === 'key-expired') this.#isTooYoung(word)
    this.#isNoMistake(word)
    if (this.#foundOut.has(`${word.process.pid} ${word.op}`) && word.outcome !== 'executed')
      this.violate('who found out is believed', `${word.process.name} said ${word.outcome} of ${word.op}`)
    this.#isResultKept(word)
    this.#isResultGiven(word)
    // No runner can know of a write that failed, was not there when it looked, and lands all the same.
    const mayLand = word.code === 'store-failed' && this.#plan.storeFaults.includes(LANDS_LATE)
    // Refused for its payload: the operation with the other one goes on being what it was.
    const isOfAnotherPayload = word.code === 'payload-mismatch'
    const saysSo = word.kind.startsWith('run') && word.outcome === 'not-executed'
    const isGivenUp = saysSo && !mayLand && !isOfAnotherPayload
    if (isGivenUp && this.#isLastCaller(word)) this.#givenUp.set(word.op, word)
    if (word.kind.startsWith('run') && word.outcome === 'executed') this.#isKept(word)
    if (word.outcome === 'not-executed' && word.key !== undefined) this.#isSaidAsRead(word, contacts)
    if (word.code === 'aborted' && word.outcome === 'not-executed' && word.key !== undefined) {
      const others = this.#callersOf(word.process, word.op).filter(({ run }) => run === word.run)
      if (others.length > 0) this.#leftInARun.push({ word, others })
    }
    if (word.key === undefined || word.outcome === 'executed' || !word.kind.startsWith('run')) return
    // A success of its own: what another run of the process sees is not for this one to know.
    const seen = this.#successes
      .get(`${word.process.pid} ${word.key}`)
      ?.find(sent => sent.sightAt < word.at && sent.at >= word.since)
    if (seen === undefined || this.#mayBeOfAnother(seen, word)) return
    this.violate(
      'success is never lost',
      `${word.process.name} saw ${word.key} succeed at ${seen.sightAt}, and then said ${word.outcome} (${word.code})`,
    )
  }

  /** Its definition has found out, after a conflict, that the change is its own. */
  foundOut(process: SimProcess, op: string): void {
    this.#foundOut.add(`${process.pid} ${op}`)
  }

  /**
   * A world in which nothing can be sent finds nothing; a callback that gives a promise is a mistake of its user's, and
   * so is a text that names an operation of its own and one of the number that it spells (11, 7): `cancel` by a text of
   * what is not stored begins that of the text.
   */
  #isNoMistake({ code, kind, process, op }: Word): void {
    const { edges } = this.#plan
    const isMistaken =
      edges?.reading === 'read gives a promise' ||
      edges?.verdict === 'gives a promise' ||
      edges?.numericIds === true
    if (code === 'configuration' && !isMistaken)
      this.violate('the world is no mistake', `${process.name} was told so of ${op} (${kind})`)
  }

  /**
   * Who got the whole result in an answer of its own gives it to its callers, whatever others and the store did
   * meanwhile. What a process that was frozen sees after the attempt's time is cut off by that.
   */
  #isResultGiven(word: Word): void {
    const { edges, servers, ignoresAbort } = this.#plan
    if (word.key === undefined || word.outcome !== 'executed' || !word.kind.startsWith('run')) return
    if (word.code !== 'already-executed' && word.code !== 'response-invalid') return
    if (servers !== undefined || ignoresAbort || (edges !== undefined && edges.verdict !== 'none')) return
    const seen = this.#successes
      .get(`${word.process.pid} ${word.key}`)
      ?.find(
        sent =>
          sent.sightAt < word.at &&
          sent.at >= word.since &&
          sent.sightAt - sent.at < SETTINGS.timeout &&
          UNCHANGED.has(sent.fault),
      )
    if (seen === undefined || this.#mayBeOfAnother(seen, word)) return
    // What was stored meanwhile may be forgotten again.
    if (word.at - seen.sightAt > this.#plan.rememberMs) return
    this.violate('what was answered is given', `fetch ${seen.id} had the result of ${word.key}`)
  }

  /**
   * What one caller was given is given to the others, for as long as it is remembered, where nothing dropped it. Who has
   * called before that may have looked at the store a moment earlier.
   */
  #isResultKept(word: Word): void {
    const { plan } = { plan: this.#plan }
    const isDropped = plan.actions.some(({ kind }) => kind.startsWith('clear') || kind.startsWith('forget'))
    const isFaulty = plan.rates.store > 0 || plan.script !== undefined || plan.hasWildClock
    if (word.key === undefined || word.outcome !== 'executed' || isDropped || isFaulty) return
    if (plan.rememberMs < 3_600_000) return
    const data = word.data as { effect?: number } | undefined
    const givenAt = this.#given.get(word.key)
    if (data?.effect !== undefined && word.kind.startsWith('run') && givenAt === undefined)
      this.#given.set(word.key, word.at)
    const isLooking =
      givenAt !== undefined &&
      givenAt > word.since &&
      (word.at - givenAt <= FRESH_MS || word.process.thawedAt >= givenAt)
    if (word.code === 'already-executed' && givenAt !== undefined && !isLooking)
      this.violate(
        'a result is kept',
        `${word.process.name} had none of ${word.key}, which another was given`,
      )
  }

  /**
   * A key expires when the server may have forgotten it, not when a clock was put right, or one answer's Date was
   * wrong. A clock that was set is noticed only by who saw the server's Date before the key was first sent: else
   * nobody knows how much time has passed (P4 before all). And only once an answer has told the time since it was
   * set: until then days of sleep, which a monotonic clock does not see, look the same, and ages are never taken to be
   * less than they may be (sections 6 and 11, 9). It bends "a clock that is put right expires no key" for as long as
   * the server is silent: an answer that came through a cache (`Age`) tells no time, nor one that may have been slept through (`engine/server-date.ts`), and what counts is what was known
   * by who wrote the first send ahead.
   */
  #isTooYoung(word: Word): void {
    const { edges, actions } = this.#plan
    if (edges === undefined || word.key === undefined) return
    if (actions.some(({ kind }) => kind === 'wild jump')) return
    const first = this.#dated.get(word.key)
    const ageMs = word.at - this.since(word.key)
    if (ageMs > this.#plan.manner.retentionMs / 2) return
    const knows = (process: SimProcess, at: number) => (this.#dates.get(process) ?? Infinity) < at
    // And by who saw two of them before it says so: a process that has just begun knows no clock but its own.
    const isTold = first !== undefined && knows(first.process, first.at) && knows(word.process, word.since)
    const setAt = this.#clocksSetAt
    const hasHeard = setAt > word.at || (this.#lastDates.get(word.process) ?? -1) > setAt
    if (edges.clocksOffMs !== 0 && !(isTold && hasHeard)) return
    this.violate(
      'a young key does not expire',
      `${word.process.name} said it of ${word.key} after ${ageMs} ms`,
    )
  }

  /** When the clocks were put right: by the plan, or when all faults end. */
  get #clocksSetAt(): number {
    const put = this.#plan.edges?.actions.filter(({ kind }) => kind === 'clock put right') ?? []
    return Math.min(this.#plan.healedAt, ...put.map(({ at }) => at))
  }

  /**
   * What the teller had read, and another had written, is said as the rule of src has it: of what another runner holds, or
   * may have executed, nobody says "not executed". Evidence of the teller's own is not in what another wrote, so what it
   * wrote itself is left out.
   */
  #isSaidAsRead(word: Word, contacts: readonly Contact[]): void {
    const stored = this.#stored.get(word.op)
    if (stored === undefined || stored.record.key !== word.key) return
    if (!contacts.some(({ begunAt }) => begunAt >= stored.at && begunAt >= word.since)) return
    const { record } = stored
    const runner = runnerOf(word.process)
    const nowAt = word.process.runtime.now()
    const read = {
      record,
      isStoreRead: true,
      hasLeftBehind: false,
      mayBeTaken: false,
      writingSince: undefined,
    }
    if (outcomeNow(read, { wallAt: nowAt, nowAt }, { runner }) === 'not-executed') return
    // An `enqueue` or a `clear` writes over what the teller holds, and takes nothing from it.
    const isHeldByTeller = 'lease' in record && record.lease?.runner === runner
    if (record.writer.runner !== runner && !isHeldByTeller && !isFreeToCancel(word, record))
      this.violate(
        'what was read is said by the rule',
        `${word.process.name} said that ${word.op} was not executed (${word.kind}, ${word.code}), and had read ${wordOf(record)}`,
      )
    if ('lease' in record && record.lease !== undefined && record.lease.runner !== runner)
      this.#heldByOther.push({ word, runner: record.lease.runner })
  }

  #isLastCaller(word: Word): boolean {
    return [...this.#callers].every(
      ({ process, op }) => !process.isAlive || (op !== undefined && op !== word.op),
    )
  }

  /** What a caller is told is stored by then, where the store never fails: a crash a moment later loses nothing. */
  #isKept(word: Word): void {
    const { rates, script } = this.#plan
    if (rates.store > 0 || script?.writes !== undefined) return
    if (word.key === undefined || word.code !== undefined) return
    // Somebody outside said of this key what is true of another one: its result names that one.
    if (this.#lied.has(word.op)) return
    // Woken after its deadline it tells at once what it knows.
    if (word.at - word.since >= deadlineOf(this.#plan) || word.process.thawedAt >= word.since) return
    const isDropped = (this.#forgotten.get(word.op) ?? []).some(at => at >= this.since(word.key ?? ''))
    if (!isDropped && !this.#succeededKeys.has(word.key))
      this.violate(
        'success is never lost',
        `${word.process.name} said it of ${word.key} before it was stored`,
      )
  }

  /** What is listed as open: of this user, and all that was open from its begin to its end. */
  lists(process: SimProcess, scope: string, keys: readonly string[], open: readonly OperationRecord[]): void {
    const foreign = keys.find(key => this.#keys.get(key)?.op.split('/')[0] !== scope)
    if (foreign !== undefined) this.violate('nobody else’s', `${process.name} listed ${foreign} to ${scope}`)
    const missing = open.find(({ key }) => !keys.includes(key))
    if (missing !== undefined)
      this.violate('what is open is listed', `${process.name} did not list ${missing.key}`)
  }

  /** Another run of the process was at it then, or its callers had left and it went on: the success may be its. */
  #mayBeOfAnother(sent: Sent, word: Word): boolean {
    return this.#runs.some(
      run =>
        run.process === word.process &&
        (run.op === undefined || run.op === word.op) &&
        run.id !== word.run &&
        run.since <= sent.at &&
        !((this.#endOfRun.get(run.id) ?? Infinity) < sent.at),
    )
  }

  /** The rules that need the end. */
  finish(): void {
    // P1 bends by clocks: whose key is older than the server's store by less than they disagree may meet no memory.
    for (const [key, { op, since }] of this.#keys) {
      const first = this.#sends.find(sent => sent.key === key && sent.sight !== 'not sent')
      // An operator's word on it, from before it was sent, is lost with the store too.
      if ([since, first?.at ?? since].some(at => this.#server.isBentByClocks(at))) this.#lied.add(op)
    }
    this.#effects()
    for (const [key, reason] of this.#failedKeys) {
      if (this.#lied.has(this.#keys.get(key)?.op ?? '')) continue
      if (this.#server.effectsOf(key) > 0)
        this.violate('only proof rotates a key', `${key} was stored as failed (${reason}), and was executed`)
    }
    for (const [key, { op, at }] of this.#succeededKeys) {
      if (this.#lied.has(op) || this.#server.effects.some(effect => effect.key === key && effect.at <= at))
        continue
      this.violate('executed is true', `${key} of ${op} was stored as succeeded, and was not executed`)
    }
    for (const { word, sent } of this.#goneOn) {
      if (this.#lied.has(word.op) || this.#server.effects.every(effect => effect.fetchId !== sent.id))
        continue
      this.violate(
        'not executed is true',
        `${word.process.name} said at ${word.at} that ${word.op} was not executed (${word.kind}, ${word.code}, ${word.key}), and went on for another caller: fetch ${sent.id} of ${sent.at} was`,
      )
    }
    for (const { word, sendCount, unseenSince } of this.#words) {
      if (this.#lied.has(word.op)) continue
      if (word.outcome === 'executed') this.#executed(word)
      if (word.outcome !== 'not-executed') continue
      this.#notExecuted(word, this.#sends.slice(0, sendCount), unseenSince)
      this.#notAhead(word, this.#sends.slice(sendCount), unseenSince)
    }
  }

  #effects(): void {
    const { honoursKeys } = this.#plan.manner
    const byOp = grouped(this.#server.effects, effect => effect.op)
    for (const [op, effects] of byOp) {
      if (this.#lied.has(op)) continue
      // One fetch that the transport delivered twice to a server without keys: no client can prevent that.
      const units = [...grouped(effects, unit => (honoursKeys ? unit.key : String(unit.fetchId))).values()]
      for (const unit of units) {
        if (honoursKeys && unit.length > 1)
          this.violate('one effect', `${unit[0]!.key} was executed ${unit.length} times`)
      }
      const starts = units
        .map(unit => ({ effect: unit[0]!, at: this.since(unit[0]!.key) }))
        .toSorted((a, b) => a.at - b.at)
      for (const [index, later] of starts.entries()) {
        const earlier = starts[index - 1]
        if (earlier === undefined) continue
        const between = (this.#forgotten.get(op) ?? []).some(at => at >= earlier.at && at <= later.at)
        if (!between)
          this.violate(
            'one effect',
            `${op} was executed under ${earlier.effect.key} and again under ${later.effect.key}`,
          )
      }
    }
  }

  /** When a key was first stored. */
  since(key: string): number {
    return this.#keys.get(key)?.since ?? 0
  }

  #executed(word: Word): void {
    const effects = this.#server.effects.filter(effect => effect.at <= word.at)
    const about = `${word.process.name} said at ${word.at} that ${word.op} was executed (${word.kind}, ${word.key})`
    if (word.key !== undefined && word.key !== '' && effects.every(effect => effect.key !== word.key))
      return this.violate('executed is true', about)
    const data = word.data as { effect?: number; key?: string; item?: string } | undefined
    // A server may keep no bodies: then it is known that it was executed, and no more.
    // And where nothing reads the data, a head that was cut is an answer without a body (section 11, 4).
    const { servers, edges } = this.#plan
    const isUnread = edges?.sendFaults.includes('empty 200 after') === true && edges.reading !== 'usual'
    const isEmpty = word.data === undefined || word.data === ''
    const isBare = data?.effect === undefined && (servers?.stores === 'no bodies' || (isUnread && isEmpty))
    const effect = effects.find(candidate => candidate.id === data?.effect)
    const hasResult = word.code === undefined && !isBare && !['resume', 'inspect'].includes(word.kind)
    if ((hasResult || data?.effect !== undefined) && (effect === undefined || effect.op !== word.op))
      return this.violate('executed is true', `${about}, with another result`)
    if (data?.item !== undefined && word.item !== undefined && data.item !== word.item)
      return this.violate('one payload', `${about}, with ${word.item}, but it was ${data.item}`)
    if (word.key === undefined && effects.every(candidate => candidate.op !== word.op))
      this.violate('executed is true', about)
  }

  /** Of what had left by then nothing is executed, not even later. What comes after is another run's. */
  #notExecuted(word: Word, sends: readonly Sent[], unseenSince: number): void {
    const forgottenAt = (this.#forgotten.get(word.op) ?? []).findLast(at => at <= word.at) ?? -1
    // It speaks of what was dropped, of which nobody knows more.
    if (word.code === 'forgotten' && word.key === undefined) return
    // What the store said when it was asked; a resume, moreover, gives all its words at its end.
    const isLateWord = word.kind === 'resume' || word.kind === 'inspect'
    const untrue = sends.find(sent => {
      if (sent.op !== word.op) return false
      if (isLateWord && sent.at > word.since) return false
      const namesKey = word.key !== undefined && word.key !== ''
      const isOfAnother = namesKey ? sent.key !== word.key : this.since(sent.key) <= forgottenAt
      // What its caller saw under way is its own, whatever came to that place.
      if (isOfAnother && word.shown?.has(sent.key) !== true) return false
      const isOwn = sent.process === word.process && word.key !== undefined
      const isUnseen = !isOwn && sent.at >= unseenSince
      return !isUnseen && this.#server.effects.some(effect => effect.fetchId === sent.id)
    })
    if (untrue === undefined) return
    this.violate(
      'not executed is true',
      `${word.process.name} said at ${word.at} that ${word.op} was not executed (${word.kind}, ${word.code}, ${word.key}); fetch ${untrue.id} of ${untrue.at} was`,
    )
  }

  /** Nor is what another had written ahead by then, and paused before its byte left. */
  #notAhead(word: Word, later: readonly Sent[], unseenSince: number): void {
    if (word.kind === 'resume' || word.kind === 'inspect' || word.key === undefined || word.key === '') return
    const untrue = later.find(sent => {
      const { aheadAt = sent.at } = sent
      if (sent.key !== word.key || sent.process === word.process || aheadAt >= word.since) return false
      return aheadAt < unseenSince && this.#server.effects.some(effect => effect.fetchId === sent.id)
    })
    if (untrue === undefined) return
    this.violate(
      'not executed is true',
      `${word.process.name} said at ${word.at} that ${word.op} was not executed (${word.kind}, ${word.code}, ${word.key}); fetch ${untrue.id}, written ahead at ${untrue.aheadAt}, was`,
    )
  }
}

/**
 * From when on its process need not know what others have sent: by the rule, since its first look at the store that is
 * not old yet. How old a look may be is bounded here too, whatever the rule says: the ledger judges the rule itself.
 */
function firstYoungLook(word: Word, contacts: readonly Contact[]): number {
  const { runtime, thawedAt } = word.process
  const now = { wallAt: runtime.now(), ms: runtime.monotonic() }
  const young = contacts.filter(
    ({ begunAt, since }) =>
      !isLookOld({ heard: { stored: undefined, since } }, now) &&
      (word.at - begunAt <= FRESH_MS || thawedAt >= begunAt),
  )
  return Math.min(Number.POSITIVE_INFINITY, ...young.map(({ begunAt }) => begunAt))
}

function grouped(effects: readonly Effect[], nameOf: (effect: Effect) => string): Map<string, Effect[]> {
  const groups = new Map<string, Effect[]>()
  for (const effect of effects) {
    const name = nameOf(effect)
    groups.set(name, [...(groups.get(name) ?? []), effect])
  }
  return groups
}

/**
 * A `cancel` speaks of what a dead process held, or one whose lease is over: nobody has to take that over to say so
 * (core/stored/cancelling.ts). That its holder sends nothing afterwards is held to as for every other word.
 */
function isFreeToCancel({ kind, process }: Word, record: OperationRecord): boolean {
  const { runtime } = process
  const isGone = ({ holder }: Lease) => holder !== undefined && runtime.isDead(holder)
  return kind === 'cancel' && isOpen(record) && isFree(record.lease, runnerOf(process), runtime.now(), isGone)
}

function runnerOf(process: SimProcess): string {
  return `runner-${process.pid}`
}

/** Polls, status and cancel requests name the key at the end of their path. */
function keyIn(url: string): string {
  return new URL(url).pathname.split('/').at(-1) ?? ''
}

export function opOf(record: OperationRecord | undefined): string {
  return record === undefined ? '' : `${record.scope}/${String(record.id)}`
}

function isTombstone(record: OperationRecord): boolean {
  return record.state === 'failed' && record.failure.code === 'forgotten'
}

/** Whether `conclude` wrote this: a refusal with its reason, or a success whose result is another key's. */
function isToldFromOutside(record: OperationRecord): boolean {
  if (record.state === 'failed') return record.failure.reason === CONCLUDED_NOT_EXECUTED
  if (record.state !== 'succeeded' || record.result?.form !== 'data') return false
  return (JSON.parse(record.result.text) as { key?: string }).key !== record.key
}

function isLostDoubt(before: OperationRecord, after: OperationRecord): boolean {
  if (!('inFlight' in before) || before.inFlight === undefined) return false
  if (after.state === 'succeeded' || after.state === 'failed') return false
  if (before.inFlight.runner === after.writer.runner) return false
  const isKept = after.inFlight?.runner === before.inFlight.runner && after.inFlight.at === before.inFlight.at
  return !isKept && after.ambiguous <= before.ambiguous
}

function wordOf(record: OperationRecord): string {
  const flight = 'inFlight' in record && record.inFlight !== undefined ? ', in flight' : ''
  return `${record.state} (generation ${record.generation}, ${record.key}, ${record.ambiguous} in doubt${flight})`
}
