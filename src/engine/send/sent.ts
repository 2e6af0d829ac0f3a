import type { Answer, AnswerBody, Evidence, FailureCause } from '../../core/answers/evidence.ts'
import { isOfAnotherUrl } from '../../core/answers/redirected-ask.ts'
import { classifyFailure } from '../../core/answers/transport-failure.ts'
import type { Carrier } from '../../runtime/carrier-kinds.ts'
import type { ReceivedResponse } from '../../runtime/direct-fetch.ts'
import type { ReadBody } from '../answer/body.ts'
import { answerBody, answerHeaders } from '../answer/body.ts'
import { errorFacts } from '../answer/error-facts.ts'
import type { Delivered } from './delivery.ts'
import type { GateHost, SentHow } from './gate-host.ts'
import type { Heads } from './own-heads.ts'

export type Head = Omit<Answer, 'body'>

/**
 * One send: its carrier, the heads reported since it began, and one piece of evidence, the first of response, failure
 * and cut.
 */
export class Sent {
  readonly #host: GateHost
  readonly #url: URL
  readonly #hop: 'first' | 'redirected'
  readonly #carrier: Carrier
  readonly #wasReliable: boolean
  /** The heads that had left when the send began. */
  readonly before: Heads
  readonly #headers: SentHow['headers']
  #isSeen = false
  #head: Head | undefined

  constructor(host: GateHost, init: RequestInit, before: Heads, url: URL, hop: 'first' | 'redirected') {
    this.#host = host
    this.#url = url
    this.#hop = hop
    this.#carrier = host.carrier(Reflect.get(init, 'dispatcher'))
    this.#wasReliable = host.watched?.isReliable(this.#carrier) ?? false
    const { headers } = init
    this.#headers = headers instanceof Headers ? Object.fromEntries(headers) : (headers as SentHow['headers'])
    this.before = before
  }

  /** Takes the head of the response. Returns undefined for an opaque response, of which a page can see no more. */
  head(response: ReceivedResponse): Head | undefined {
    void this.#headersSent
    this.#head = headOf(response, this.#url, this.#host.method)
    if (response.type !== 'opaqueredirect' && response.status !== 0) return this.#head
    this.#answered(this.#head, { kind: 'whole', text: '', parsed: undefined, form: 'other' })
    return undefined
  }

  answered(read: ReadBody): void {
    const head = this.#head
    if (head === undefined) throw new Error('a body follows its head')
    this.#answered(head, answerBody(read, head.headers['content-type']))
  }

  #answered({ kind, status, headers, ownTarget, bodiless }: Head, body: AnswerBody): void {
    const answer: Answer = { kind, status, headers, body, ownTarget, bodiless }
    if (this.#isSeen) this.#host.observeLate(answer, this.#url, this.#how)
    else this.#observe(answer)
  }

  failed(error: unknown): void {
    this.#fail(error)
  }

  cut(): void {
    this.#fail(undefined, this.#host.cutCause())
  }

  #observe(evidence: Evidence): void {
    if (this.#isSeen) return
    this.#isSeen = true
    this.#host.observe(evidence, this.#url, this.#how)
  }

  #fail(error: unknown, cause?: FailureCause): void {
    if (this.#head !== undefined)
      return this.#observe({ ...this.#head, body: { kind: 'cut', text: '', why: 'connection' } })
    const failure = classifyFailure(errorFacts(error), {
      isTruthful: this.#isTruthful,
      // A redirect is itself a response, so something was sent.
      headReceived: this.#hop === 'redirected',
      headersSent: this.#headersSent,
    })
    return this.#observe(cause === undefined ? failure : { ...failure, cause })
  }

  /** Evaluated when the send is over. A dispatcher that reported this send is known to report from now on. */
  get #headersSent(): 'seen' | 'not-seen' | 'unobserved' {
    if (this.#count > 0) {
      this.#host.watched?.spoke(this.#carrier)
      return 'seen'
    }
    return this.#wasReliable ? 'not-seen' : 'unobserved'
  }

  /**
   * Whether the error describes the only delivery: true for Node's own agent, and for another dispatcher if it reports
   * what it sends.
   */
  get #isTruthful(): boolean {
    return this.#carrier.kind === 'known' || (this.#carrier.kind === 'told' && this.#wasReliable)
  }

  get #how(): SentHow {
    return { delivered: this.#delivered, headers: this.#headers }
  }

  get #delivered(): Delivered {
    if (this.#carrier.kind === 'known') return 'once'
    if (this.#carrier.kind === 'unknown') return 'perhaps-again'
    const misdirectedCount = (this.#host.watched?.misdirectedCount ?? 0) - this.before.misdirectedCount
    return this.#count === 1 + misdirectedCount ? 'once' : 'perhaps-again'
  }

  get #count(): number {
    return (this.#host.watched?.count ?? 0) - this.before.count
  }
}

function headOf(response: ReceivedResponse, from: URL, method: string): Omit<Answer, 'body'> {
  // A fetch that followed a redirect despite `redirect: 'manual'` may have changed method and body, and not every such
  // fetch sets `redirected`.
  return {
    kind: 'answer',
    status: response.status,
    headers: answerHeaders(response),
    ownTarget: !response.redirected && !isOfAnotherUrl(response.url, from.href),
    bodiless: method === 'HEAD',
  }
}
