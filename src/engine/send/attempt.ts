import type { FailureCause, RefusalReason } from '../../core/answers/evidence.ts'
import { formatExactDate, formatHttpDate } from '../../core/answers/http-date.ts'
import { serverTimeAt } from '../../core/record/server-clock.ts'
import { keyFault, keyHeaderValue } from '../../core/names/key-grammar.ts'
import type { OperationRecord, StoredRequest } from '../../core/record/operation-record.ts'
import { isOpen } from '../../core/record/operation-record.ts'
import { transition } from '../../core/record/transition.ts'
import { apply } from '../run/apply.ts'
import { AttemptTimer } from './attempt-timer.ts'
import { loseClaim, newLease, rememberLease } from '../run/claim.ts'
import { Cue } from '../../runtime/cue.ts'
import { isMistake } from '../run/end.ts'
import { redacted } from '../answer/error-facts.ts'
import { observe, observeLate } from '../answer/observe.ts'
import type { SentRequest } from '../answer/observe.ts'
import type { RunContext } from '../run/run-context.ts'
import { ForeignSends } from './foreign-sends.ts'
import { createGate } from './gate.ts'
import type { GateHost } from './gate.ts'
import { causeOf, StoreFailure } from '../stored/journal.ts'
import { refusalNow } from './gate-checks.ts'
import type { Payload, PayloadBytes } from '../request/payload.ts'
import { sendWatch } from '../../runtime/send-watch.ts'
import { firstSentToTell } from '../answer/server-date.ts'
import type { Watched } from '../../runtime/send-watch.ts'
import { requestToStore } from '../request/stored-payload.ts'
import { hearThrown } from '../../guards/synchronous.ts'
import { configurationError } from '../../public/errors.ts'
import type { OperationError } from '../../public/errors.ts'

/** Why an attempt did not happen, where the run must end or look again rather than try again. */
export type AttemptEnd =
  | { readonly refusal: RefusalReason }
  | { readonly configuration: OperationError }
  | undefined

/**
 * One attempt: through the http layer and the gate, with its own clock. It resolves when the answer is in,
 * when the time is up, or when nothing was sent; it never rejects but for a broken store on the way in.
 *
 * An abort cuts it only until the first byte has left: from then on it is read for what it proves.
 */
export async function attempt(x: RunContext, payload: Payload, as: SentRequest['as']): Promise<AttemptEnd> {
  const { record } = x
  if (record === undefined) throw new Error('an attempt needs a record')
  const { header, format, key } = x.plan.settings.profile
  const fault = keyFault(record.key, key.maxLength)
  if (fault !== undefined) return { configuration: configurationError('key', fault, x.outcome) }
  const bytes = await payload.bytes(record.key)
  const headers = requestHeaders(x, payload, bytes)
  if (header !== undefined) headers[header.toLowerCase()] = keyHeaderValue(record.key, format)
  const flight = new Flight(x, payload, bytes, headers, as)
  x.enter('sending')
  return flight.fly()
}

/** The definition's own headers, the kind of body, and what is wanted back. */
function requestHeaders(x: RunContext, payload: Payload, bytes: PayloadBytes): Record<string, string> {
  const headers: Record<string, string> = { ...payload.headers }
  if (bytes.contentType !== undefined) headers['content-type'] ??= bytes.contentType
  if (x.plan.wantsData) headers['accept'] ??= 'application/json'
  return headers
}

class Flight {
  readonly #x: RunContext
  readonly #payload: Payload
  readonly #bytes: PayloadBytes
  readonly #headers: Readonly<Record<string, string>>
  readonly #sent: SentRequest
  readonly #cut = new AbortController()
  readonly #cutCue = new Cue()
  /** Hooks have its time until the gate, and each write and send has it again. */
  readonly #timer: AttemptTimer
  #cutBy: 'timeout' | 'stop' = 'timeout'
  #over = false
  #isCut = false
  #writing: Promise<unknown> | undefined
  #inTheAir = false
  #observed = 0
  #refusal: RefusalReason | undefined
  #end: (() => void) | undefined
  #foreign: ForeignSends | undefined

  constructor(
    x: RunContext,
    payload: Payload,
    bytes: PayloadBytes,
    headers: Readonly<Record<string, string>>,
    as: SentRequest['as'],
  ) {
    this.#x = x
    this.#timer = new AttemptTimer(x, () => this.#cutOff('timeout'))
    this.#payload = payload
    this.#bytes = bytes
    this.#headers = headers
    const { key, generation } = x.record ?? { key: '', generation: 0 }
    const { body, hash: bodyHash } = bytes
    const hasBody = body !== undefined && body.byteLength > 0
    const { method, url } = payload
    const sent = { url, method, hasBody, key, generation, headers, bodyHash, as }
    this.#sent = { ...sent, delivered: 'perhaps-again' }
  }

  async fly(): Promise<AttemptEnd> {
    const keyHeader = this.#x.plan.settings.profile.header?.toLowerCase()
    const { method, url } = this.#payload
    const headerValue = keyHeader === undefined ? undefined : this.#headers[keyHeader]
    const watched = sendWatch()?.begin({ headerValue, method, url })
    const gate = createGate(this.#host(watched))
    this.#foreign = new ForeignSends(this.#x, () => (watched?.count ?? 0) - gate.heads.count)
    const ended = new Promise<void>(resolve => (this.#end = resolve))
    this.#timer.restart()
    const endStop = this.#x.stopCue.on(this.#onStop)
    this.#onStop()
    let failure: { readonly error: unknown } | undefined
    const carry = () => this.#carry(gate.fetch)
    const carried = (watched?.run(carry) ?? carry()).catch((error: unknown) => {
      hearThrown(error)
      failure = { error }
    })
    await Promise.race([carried, ended])
    this.#over = true
    // A write-ahead under way is waited for: what it left in the store must not outlive this attempt unseen.
    await this.#writing
    this.#timer.stop()
    endStop()
    if (this.#inTheAir) this.#cutSend()
    this.#foreign.atEnd()
    watched?.stop()
    return this.#conclusion(failure)
  }

  #carry(fetch: Parameters<RunContext['engine']['transport']['send']>[1]): Promise<unknown> {
    const { method, url } = this.#payload
    try {
      return this.#x.engine.transport.send(
        { method, url, headers: this.#headers, body: this.#bytes.body },
        fetch,
      )
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #host(watched: Watched | undefined): GateHost {
    const x = this.#x
    const innermost = x.engine.transport.innermostFetch()
    return {
      method: this.#payload.method,
      url: this.#payload.url,
      body: this.#bytes.body,
      imposed: () => this.#imposed(),
      innermost,
      carrier: dispatcher => x.engine.runtime.carrierOf(innermost, dispatcher),
      environment: x.engine.runtime.environment,
      limitBytes: x.engine.settings.maxBodyBytes,
      copiesAnswers: x.engine.transport.ignoresAnswers !== true,
      watched,
      cut: this.#cut.signal,
      onCut: this.#cutCue,
      cutCause: () => this.#cutCause(),
      check: () => this.#check(),
      writeAhead: () => (this.#writing = this.#writeAhead()),
      withdraw: reason => this.#withdraw(reason),
      refused: reason => (this.#refusal = reason),
      observeLate: (answer, url, way) => observeLate(x, answer, { ...this.#sent, url, ...way }),
      observe: (evidence, url, way) => {
        this.#inTheAir = false
        this.#observed++
        const sent = { ...this.#sent, url, ...way }
        this.#foreign?.before(evidence, sent)
        const verdict = observe(x, evidence, sent)
        // Nothing that hooks might still do can add to a proof of execution, and nothing may delay it.
        if (verdict.kind === 'succeeded') this.#end?.()
      },
    }
  }

  /** Set last, on every send: hooks may have made a fresh Request without them. */
  #imposed(): Readonly<Record<string, string>> {
    const { header, firstSent } = this.#x.plan.settings.profile
    const imposed: Record<string, string> = {}
    for (const name of [header?.toLowerCase(), 'content-type']) {
      const value = name === undefined ? undefined : this.#headers[name]
      if (name !== undefined && value !== undefined) imposed[name] = value
    }
    const told = firstSentToTell(this.#x)
    if (firstSent !== undefined && told !== undefined)
      imposed[firstSent.header] = (told.isExact ? formatExactDate : formatHttpDate)(told.at)
    return imposed
  }

  /** The last check before the byte: a reason refuses. */
  #check(): RefusalReason | undefined {
    const x = this.#x
    this.#foreign?.suspect()
    const { record } = x
    if (this.#isCut) return this.#cutBy === 'timeout' ? 'timeout' : 'aborted'
    if (this.#over || record === undefined) return 'attempt-over'
    return refusalNow(x, record, this.#sent.as)
  }

  async #writeAhead(): Promise<RefusalReason | undefined> {
    const x = this.#x
    const { runtime } = x.engine
    if (x.record === undefined) return 'attempt-over'
    // The write has its own time, as the hooks before it had theirs.
    this.#timer.restart()
    const begun = x.reading
    const begunMs = begun.monotonicMs
    const isFirstSend = x.record.firstSentAt === undefined
    const lease = newLease(x)
    const first = x.journal.stored?.key !== x.record.key
    const next = transition(
      x.record,
      {
        kind: 'begin',
        at: runtime.now(),
        lease,
        target: this.#payload.target,
        serverAt: serverTimeAt(x.engine.serverClocks.of(x.origin), x.reading),
        retentionMs: x.plan.settings.profile.retention,
        request: this.#requestToKeep(x.record),
      },
      runtime.now(),
    )
    try {
      const written = await x.write(next)
      if (written === undefined) {
        loseClaim(x)
        return 'claim-lost'
      }
      x.record = written
      if (isOpen(written)) x.seen = written
    } catch (error) {
      x.lastCause = error
      // It may be there unseen: a resume could send it then, and another call have done so while this one waited.
      const isUnseen = error instanceof StoreFailure && error.unread
      if (x.hearsLate(begunMs) || (isUnseen && x.plan.persist === 'request')) x.storeTold = false
      x.emit({
        type: 'store-failed',
        doing: 'write-ahead',
        cause: causeOf(error),
      })
      return 'store-failed'
    }
    rememberLease(x, lease, begunMs)
    if (isFirstSend) x.engine.serverClocks.began(x.record.key, begun)
    if (first) x.emit({ type: 'claimed', generation: x.record.generation })
    if (!this.#isCut) {
      this.#inTheAir = true
      this.#timer.restart()
    }
    x.emit({ type: 'attempt', attempt: x.record.attempts, generation: x.record.generation })
    x.enter('sending')
    return undefined
  }

  /** A record that gave up its request, or was never sent, takes that of the call that goes on with it, if it is the same. */
  #requestToKeep(record: OperationRecord): StoredRequest | undefined {
    const { plan } = this.#x
    if (plan.persist !== 'request' || (record.request !== undefined && record.sent > 0)) return undefined
    if (this.#x.engine.transport.addsQuery === true) return undefined
    return this.#bytes.hash === record.bodyHash ? requestToStore(plan, this.#payload, this.#bytes) : undefined
  }

  #withdraw(reason: RefusalReason): void {
    this.#inTheAir = false
    this.#refusal = reason
    apply(this.#x, { kind: 'withdraw' })
  }

  readonly #onStop = () => {
    if (this.#x.stopRequest !== undefined && !this.#inTheAir) this.#cutOff('stop')
  }

  #cutOff(by: 'timeout' | 'stop'): void {
    this.#isCut = true
    this.#cutBy = by
    this.#cutSend()
    this.#end?.()
  }

  #cutSend(): void {
    this.#cutCue.fire()
    this.#cut.abort()
  }

  #cutCause(): FailureCause {
    return { name: this.#cutBy === 'timeout' ? 'TimeoutError' : 'AbortError' }
  }

  #conclusion(failure: { readonly error: unknown } | undefined): AttemptEnd {
    const x = this.#x
    if (this.#observed > 0 && this.#refusal === undefined) return undefined
    if (failure !== undefined && isMistake(failure.error)) return { configuration: failure.error }
    const refusal = this.#refusal ?? this.#refusalWithoutGate(failure)
    if (failure !== undefined && refusal === 'hook-failed') x.lastCause = redacted(failure.error)
    if (['timeout', 'hook-failed'].includes(refusal) && this.#observed === 0) {
      observe(x, { kind: 'refusal', reason: refusal }, this.#sent)
      return undefined
    }
    return { refusal }
  }

  /** The http layer ended without the gate: a hook hung, threw, or answered in the server's place. */
  #refusalWithoutGate(failure: unknown): RefusalReason {
    if (this.#isCut) return this.#cutBy === 'timeout' ? 'timeout' : 'aborted'
    return failure === undefined ? 'answered-by-hook' : 'hook-failed'
  }
}
