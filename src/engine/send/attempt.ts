import type { Answer, Evidence, FailureCause, RefusalReason } from '../../core/answers/evidence.ts'
import { keyHeaderValue } from '../../core/names/key-grammar.ts'
import type { StoredRequest } from '../../core/record/operation-record.ts'
import { firstSendOfSend } from '../../core/record/first-send-time.ts'
import type { CarryFailure, RunEvent } from '../../core/run/run-events.ts'
import { takesRequest } from '../../core/stored/kept-request.ts'
import { failedOption } from '../../guards/option-failure.ts'
import { hearThrown } from '../../guards/synchronous.ts'
import type { Fetch } from '../../public/transport.ts'
import type { Carrier } from '../../runtime/carrier-kinds.ts'
import type { Watched } from '../../runtime/send-watch.ts'
import { sendWatch } from '../../runtime/send-watch.ts'
import { redacted } from '../answer/error-facts.ts'
import type { SentRequest } from '../answer/observe.ts'
import { lateOf, observedOf } from '../answer/observe.ts'
import { firstSentToTell } from '../answer/server-date.ts'
import type { Payload, PayloadBytes } from '../request/payload.ts'
import { requestToStore } from '../request/stored-payload.ts'
import { asMistake } from '../run/mistakes.ts'
import type { RunFacts } from '../run/run-facts.ts'
import { AttemptTimer } from './attempt-timer.ts'
import { Gate } from './gate.ts'
import type { AtGate, GateHost, SentHow } from './gate-host.ts'

/** The run that the attempt belongs to. */
export interface FlightHost extends RunFacts {
  readonly lastAnswer: Answer | undefined
  /** The attempt that is under way. */
  readonly flight: Flight | undefined
  post(event: RunEvent): void
}

/**
 * One attempt, carried out by the performer: through the http layer and the gate, with its own clock. The machine
 * decides what the attempt may do, and what its result means (core/run/flying.ts).
 */
export class Flight implements GateHost {
  readonly #x: FlightHost
  readonly #payload: Payload
  readonly #bytes: PayloadBytes
  readonly #headers: Readonly<Record<string, string>>
  readonly #sent: SentRequest
  #innermost: Fetch | undefined
  /** Created when first needed: never if the http layer has a signal of its own. */
  #cutting: AbortController | undefined
  isCut = false
  /** Limits the time that hooks take before the gate, and then each write and each send separately. */
  readonly #timer: AttemptTimer
  /** Sends that wait for their record to be written ahead. */
  #waiting: readonly Waiting[] = NONE
  #cutBy: 'timeout' | 'stop' = 'timeout'
  #sends = 0
  #gate: Gate | undefined
  watched: Watched | undefined
  /** How many requests past the gate the machine already knows of. */
  #foreignTold = 0
  /** The machine's decision on the send that is about to leave. */
  #verdict: RefusalReason | undefined
  #failure: CarryFailure | undefined

  constructor(x: FlightHost, payload: Payload, bytes: PayloadBytes, as: SentRequest['as']) {
    const { header, format } = x.plan.settings.profile
    const { key, generation } = x.record ?? { key: '', generation: 0 }
    const headers = requestHeaders(x, payload, bytes)
    if (header !== undefined) headers[header.toLowerCase()] = keyHeaderValue(key, format)
    const { body, hash: bodyHash } = bytes
    const hasBody = body !== undefined && body.byteLength > 0
    const { method } = payload
    const { url = payload.url } = bytes
    this.#x = x
    // A timer may fire late, for example after a process was frozen: an attempt that has landed is not overdue.
    this.#timer = new AttemptTimer(x, () => {
      if (this.#isCurrent) x.post({ type: 'overdue' })
    })
    this.#payload = payload
    this.#bytes = bytes
    this.#headers = headers
    this.#sent = { url, method, hasBody, key, generation, headers, bodyHash, as, delivered: 'perhaps-again' }
  }

  takeOff(): void {
    const keyHeader = this.#x.plan.settings.profile.header?.toLowerCase()
    const { method, url } = this.#sent
    const headerValue = keyHeader === undefined ? undefined : this.#headers[keyHeader]
    const watched = sendWatch()?.begin({ headerValue, method, url })
    this.watched = watched
    this.#innermost = this.innermost
    const gate = new Gate(this)
    this.#gate = gate
    this.#timer.restart()
    const carry = () => this.#carry(gate)
    const carried = watched?.run(carry) ?? carry()
    carried.then(
      () => this.#carried(undefined),
      (error: unknown) => {
        hearThrown(error)
        this.#carried({ mistake: asMistake(error), option: failedOption(error), cause: redacted(error) })
      },
    )
  }

  restartTimer(): void {
    this.#timer.restart()
  }

  /** Passes on the machine's decision about a send at the gate. */
  admit(send: number, reason: RefusalReason | undefined): void {
    this.#verdict = reason
    const waiting = this.#waiting.find(each => each.send === send)
    if (waiting === undefined) return
    this.#waiting = this.#waiting.length === 1 ? NONE : this.#waiting.filter(each => each !== waiting)
    waiting.resolve({ send, reason })
  }

  cut(by: 'timeout' | 'stop'): void {
    this.#cutBy = by
    if (this.isCut) return
    this.isCut = true
    this.#gate?.cut()
    this.#cutting?.abort()
  }

  /** Stops waiting for anything more. */
  land(): void {
    this.#timer.stop()
    const foreignHeads = this.#newForeignHeads()
    this.watched?.stop()
    this.#x.post({ type: 'landed', foreignHeads, failure: this.#failure })
  }

  #carried(failure: CarryFailure | undefined): void {
    this.#failure = failure
    if (this.#isCurrent) this.#x.post({ type: 'carried', failure })
  }

  /** Whether the machine has not gone on to something else. */
  get #isCurrent(): boolean {
    return this.#x.flight === this
  }

  #newForeignHeads(): number {
    const count = (this.watched?.count ?? 0) - (this.#gate?.heads.count ?? 0)
    const fresh = Math.max(0, count - this.#foreignTold)
    this.#foreignTold += fresh
    return fresh
  }

  #carry(gate: Gate): Promise<unknown> {
    const { method, url } = this.#sent
    try {
      return this.#x.engine.transport.send(
        { method, url, headers: this.#headers, body: this.#bytes.body },
        gate.fetch,
      )
    } catch (error) {
      return Promise.reject(error)
    }
  }

  // --- for the gate ---

  get method(): string {
    return this.#payload.method
  }

  get url(): URL {
    return this.#sent.url
  }

  get body(): Uint8Array<ArrayBuffer> | undefined {
    return this.#bytes.body
  }

  get text(): string | undefined {
    return this.#bytes.text
  }

  /** Stays the same for the whole attempt. */
  get innermost(): Fetch {
    return this.#innermost ?? this.#x.engine.transport.innermostFetch()
  }

  get environment(): 'node' | 'other' {
    return this.#x.engine.runtime.environment
  }

  get limitBytes(): number {
    return this.#x.engine.settings.maxBodyBytes
  }

  get copiesAnswers(): boolean {
    return this.#x.engine.transport.ignoresAnswers !== true
  }

  get cutSignal(): AbortSignal {
    if (this.#cutting === undefined) {
      this.#cutting = new AbortController()
      if (this.isCut) this.#cutting.abort()
    }
    return this.#cutting.signal
  }

  cutCause(): FailureCause {
    return { name: this.#cutBy === 'timeout' ? 'TimeoutError' : 'AbortError' }
  }

  carrier(dispatcher: unknown): Carrier {
    return this.#x.engine.runtime.carrierOf(this.innermost, dispatcher)
  }

  observe(evidence: Evidence, url: URL, { delivered, headers }: SentHow): void {
    if (!this.#isCurrent) return
    const sent = { ...this.#sent, url, delivered, headers }
    this.#x.post(observedOf(this.#x, evidence, sent, this.#newForeignHeads()))
  }

  observeLate(answer: Answer, url: URL, { delivered, headers }: SentHow): void {
    this.#x.post(lateOf(this.#x, answer, { ...this.#sent, url, delivered, headers }))
  }

  /** Resolves when the send at the gate is written ahead, or refused. */
  atGate(isAborted: boolean): Promise<AtGate> {
    const send = ++this.#sends
    return new Promise(resolve => {
      const waiting = { send, resolve }
      this.#waiting = this.#waiting.length === 0 ? [waiting] : [...this.#waiting, waiting]
      if (!this.#isCurrent) return this.admit(send, 'attempt-over')
      this.#x.post({
        type: 'at-gate',
        send,
        foreignHeads: this.#newForeignHeads(),
        isAborted,
        request: this.#requestToKeep(),
      })
    })
  }

  /** The machine's decision on this send, in this very tick. */
  atByte(send: number, isAborted: boolean, hop: boolean): RefusalReason | undefined {
    if (!this.#isCurrent) return 'attempt-over'
    this.#verdict = 'attempt-over'
    this.#x.post({
      type: 'at-byte',
      send,
      hop,
      foreignHeads: this.#newForeignHeads(),
      isAborted,
    })
    return this.#verdict
  }

  /** Headers that are set last, on every send, because hooks may have created a new Request without them. */
  imposed(): Readonly<Record<string, string>> {
    const { header, firstSent } = this.#x.plan.settings.profile
    const imposed: Record<string, string> = {}
    const name = header?.toLowerCase()
    const key = name === undefined ? undefined : this.#headers[name]
    if (name !== undefined && key !== undefined) imposed[name] = key
    const type = this.#headers['content-type']
    if (type !== undefined) imposed['content-type'] = type
    const told = firstSent === undefined ? undefined : firstSentToTell(this.#x)
    if (firstSent !== undefined && told !== undefined) imposed[firstSent.header] = firstSendOfSend(told)
    return imposed
  }

  /** The request of the call that continues the record, if the record can store it. */
  #requestToKeep(): StoredRequest | undefined {
    const { plan, record, engine } = this.#x
    const mayKeep = plan.persist === 'request' && engine.transport.addsQuery !== true
    if (!mayKeep || record === undefined || !takesRequest(record, { bodyHash: this.#bytes.hash }))
      return undefined
    return requestToStore(plan, this.#payload, this.#bytes)
  }
}

type Waiting = { readonly send: number; readonly resolve: (answer: AtGate) => void }

const NONE: readonly Waiting[] = []

/** The definition's own headers, the content type of the body, and the accepted type of the response. */
function requestHeaders(x: FlightHost, payload: Payload, bytes: PayloadBytes): Record<string, string> {
  const headers: Record<string, string> = { ...x.trace?.headers, ...(bytes.headers ?? payload.headers) }
  if (bytes.contentType !== undefined) headers['content-type'] ??= bytes.contentType
  if (x.plan.wantsData) headers['accept'] ??= 'application/json'
  return headers
}
