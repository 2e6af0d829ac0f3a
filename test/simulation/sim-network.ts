import type { Fetch } from '../../src/transports/transport.ts'
import type { Random } from './random.ts'
import type { ServerAnswer, ServerSide } from './server-side.ts'
import type { SimProcess } from './sim-process.ts'
import type { VirtualTime } from './virtual-time.ts'

export const ORIGIN = 'https://api.example'

/** What happens to a request that sends the operation, or that asks about it. */
export const SEND_FAULTS = [
  'refused',
  'reset before',
  'reset after',
  'request lost',
  'answer lost',
  'held',
  'held long',
  'answer slow',
  'gateway 503 before',
  'gateway 502 before',
  'gateway 429 before',
  'gateway 401 before',
  'gateway 408 before',
  'gateway 404 before',
  'login page before',
  'html 200 before',
  'gateway 504 after',
  'gateway 502 after',
  'gateway 500 after',
  'redirect 303 after',
  'redirect 307 own',
  'redirect 307 foreign',
  'cut by length',
  'cut at the head',
  'delivered twice',
] as const
export type SendFault = (typeof SEND_FAULTS)[number]

export const ASK_FAULTS = [
  'ask refused',
  'ask lost',
  'ask 503',
  'ask 404',
  'ask html',
  'ask slow',
  'ask cut',
] as const
export type AskFault = (typeof ASK_FAULTS)[number]

/** What a client could see of a send: what it may conclude from it. */
export type Sight = 'pending' | 'not sent' | 'refused' | 'success' | 'doubt'

/** One fetch of a process, as the wire saw it. */
export type Sent = {
  readonly id: number
  readonly at: number
  readonly process: SimProcess
  readonly scope: string
  readonly isOperation: boolean
  readonly method: string
  readonly url: string
  readonly key: string
  readonly op: string
  readonly fault: SendFault | AskFault | undefined
  sight: Sight
  sightAt: number
  status: number | undefined
  isReplay: boolean
}

export type NetworkInit = {
  readonly time: VirtualTime
  readonly random: Random
  readonly server: ServerSide
  /** Which fault strikes this request. */
  readonly choose: (isOperation: boolean, environment: 'node' | 'other') => SendFault | AskFault | undefined
  /** A fetch that goes on although it was aborted, as wrappers and mocks do. */
  readonly ignoresAbort: () => boolean
  readonly longHoldMs: number
  readonly onSend: (sent: Sent) => void
  readonly onSight: (sent: Sent) => void
  readonly note: (who: string, what: string) => void
  readonly count: (kind: string) => void
}

/** The wire between the processes and the server. */
export class SimNetwork {
  readonly sent: Sent[] = []
  /** Requests that have not arrived yet. */
  underWay = 0
  #latestArrived = -1
  readonly #init: NetworkInit

  constructor(init: NetworkInit) {
    this.#init = init
  }

  /** The innermost fetch of one process. */
  fetchOf(process: SimProcess): Fetch {
    return (input, init) => {
      // A crash here is a crash between the write and the first byte.
      if (!process.step('before send')) return new Promise(() => {})
      return new Promise<Response>((resolve, reject) => {
        const settle = (run: () => void) => {
          process.deliver(() => {
            if (process.step('after answer')) process.deliver(run)
          })
        }
        this.#send(process, input, init ?? {}, {
          resolve: response => settle(() => resolve(response())),
          reject: error => settle(() => reject(error)),
          rejectNow: reject,
        })
        process.step('after send')
      })
    }
  }

  #send(process: SimProcess, input: RequestInfo | URL, init: RequestInit, promise: Settle): void {
    const { time, server, choose, note, count } = this.#init
    const url = new URL(String(input instanceof Request ? input.url : input))
    const headers = new Headers(init.headers)
    const method = (init.method ?? 'GET').toUpperCase()
    const isOperation = method === 'POST'
    const body = init.body instanceof Uint8Array ? new TextDecoder().decode(init.body) : ''
    const fault = choose(isOperation, process.runtime.environment)
    const sent: Sent = {
      id: this.sent.length,
      at: time.now,
      process,
      scope: process.scope,
      isOperation,
      method,
      url: url.href,
      key: headers.get('idempotency-key') ?? '',
      op: isOperation ? (JSON.parse(body) as { op: string }).op : '',
      fault,
      sight: 'pending',
      sightAt: 0,
      status: undefined,
      isReplay: false,
    }
    this.sent.push(sent)
    if (fault !== undefined) count(fault)
    note(
      process.name,
      `${method} ${url.pathname} ${sent.key}${fault === undefined ? '' : ` [${fault}]`} (fetch ${sent.id})`,
    )
    this.#init.onSend(sent)
    const wire = new Wire(this.#init, sent, promise, init.signal ?? undefined)
    const request = {
      fetchId: sent.id,
      method,
      path: url.pathname,
      key: sent.key || undefined,
      headers: Object.fromEntries(headers),
      body,
    }
    const deliver: Deliver = (afterMs, answer, lost) => {
      this.underWay++
      time.in(afterMs, () => {
        this.underWay--
        if (sent.id < this.#latestArrived) count('reordered')
        this.#latestArrived = Math.max(this.#latestArrived, sent.id)
        note('server', `receives ${method} ${url.pathname} ${sent.key} (fetch ${sent.id})`)
        server.receive(request, { answer, lost })
      })
    }
    wire.carry(deliver)
  }
}

type Settle = {
  readonly resolve: (response: () => Response) => void
  readonly reject: (error: unknown) => void
  readonly rejectNow: (error: unknown) => void
}

type Deliver = (
  afterMs: number,
  answer: (answer: ServerAnswer) => void,
  lost: (how: 'refused' | 'reset') => void,
) => void

/** One request on its way, and its answer on the way back. */
class Wire {
  readonly #init: NetworkInit
  readonly #sent: Sent
  readonly #promise: Settle
  #over = false

  constructor(init: NetworkInit, sent: Sent, promise: Settle, signal: AbortSignal | undefined) {
    this.#init = init
    this.#sent = sent
    this.#promise = promise
    if (signal === undefined) return
    const isDeaf = init.ignoresAbort()
    const abort = () => {
      if (this.#over) return
      this.#saw('doubt')
      if (isDeaf) return init.count('abort ignored')
      this.#over = true
      promise.rejectNow(new DOMException('aborted', 'AbortError'))
    }
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
  }

  carry(deliver: Deliver): void {
    const { random, longHoldMs } = this.#init
    const nothing = () => {}
    const lost = (how: 'refused' | 'reset') =>
      how === 'refused'
        ? this.#fail(random.between(1, 80), 'connect', 'ECONNREFUSED')
        : this.#fail(random.between(1, 80), 'read', 'ECONNRESET')
    const outMs = random.between(1, 80)
    const back = (answer: ServerAnswer, change?: Change) =>
      this.#answer(answer, random.between(1, 80), change)
    const own = (status: number, type = 'application/json', headers = {}) =>
      this.#answer(
        { status, headers: { 'content-type': type, ...headers }, body: type === 'text/html' ? PAGE : '{}' },
        outMs,
      )
    switch (this.#sent.fault) {
      case undefined:
        return deliver(outMs, back, lost)
      case 'refused':
      case 'ask refused':
        return this.#fail(outMs, 'connect', 'ECONNREFUSED')
      case 'reset before':
        return this.#fail(outMs, 'read', 'ECONNRESET')
      case 'reset after':
        deliver(outMs, nothing, nothing)
        return this.#fail(outMs + random.between(1, 3_000), 'read', 'ECONNRESET')
      case 'request lost':
      case 'ask lost':
        return undefined
      case 'answer lost':
        return deliver(outMs, nothing, nothing)
      case 'held':
        return deliver(random.between(500, 15_000), back, lost)
      case 'held long':
        return deliver(random.between(longHoldMs / 3, longHoldMs), back, lost)
      case 'answer slow':
      case 'ask slow':
        return deliver(outMs, answer => this.#answer(answer, random.between(500, 12_000)), lost)
      case 'gateway 503 before':
      case 'ask 503':
        return own(503, 'text/html')
      case 'gateway 502 before':
        return own(502, 'text/html')
      case 'gateway 429 before':
        return own(429, 'application/json', { 'retry-after': '1' })
      case 'gateway 401 before':
        return own(401)
      case 'gateway 408 before':
        return own(408)
      case 'gateway 404 before':
        return own(404, 'text/html')
      case 'ask 404':
        return own(404)
      case 'login page before':
        return own(302, 'text/html', { location: 'https://login.example/' })
      case 'html 200 before':
      case 'ask html':
        return own(200, 'text/html')
      case 'gateway 504 after':
        return deliver(outMs, () => own(504, 'text/html'), lost)
      case 'gateway 502 after':
        return deliver(outMs, () => own(502), lost)
      case 'gateway 500 after':
        return deliver(outMs, () => own(500), lost)
      case 'redirect 303 after':
        return deliver(outMs, () => own(303, 'application/json', { location: '/orders' }), lost)
      case 'redirect 307 own':
        return own(307, 'application/json', { location: new URL(this.#sent.url).pathname })
      case 'redirect 307 foreign':
        return own(307, 'application/json', { location: 'https://evil.example/orders' })
      case 'cut by length':
      case 'ask cut':
        return deliver(outMs, answer => back(answer, 'cut'), lost)
      case 'cut at the head':
        return deliver(outMs, answer => back(answer, 'cut at once'), lost)
      case 'delivered twice':
        // The transport re-sends on its own: the first delivery's answer is lost, the second's comes back.
        deliver(outMs, nothing, nothing)
        return deliver(outMs + random.between(1, 4_000), back, lost)
      default:
        return this.#sent.fault satisfies never
    }
  }

  #answer(answer: ServerAnswer, afterMs: number, change?: Change): void {
    this.#init.time.in(afterMs, () => {
      if (this.#over) return
      this.#over = true
      this.#promise.resolve(() => {
        this.#sent.status = answer.status
        this.#sent.isReplay = answer.headers['idempotent-replayed'] === 'true'
        this.#saw(sightOf(answer))
        this.#init.note(this.#sent.process.name, `sees ${answer.status} (fetch ${this.#sent.id})`)
        return responseOf(answer, change)
      })
    })
  }

  #fail(afterMs: number, syscall: string, code: string): void {
    this.#init.time.in(afterMs, () => {
      if (this.#over) return
      this.#over = true
      const inNode = this.#sent.process.runtime.environment === 'node'
      this.#promise.reject(
        inNode
          ? new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code, syscall }) })
          : new TypeError('Failed to fetch'),
      )
      this.#saw(inNode && syscall === 'connect' ? 'not sent' : 'doubt')
    })
  }

  #saw(sight: Sight): void {
    const sent = this.#sent
    if (sent.sight === 'success') return
    sent.sight = sight
    sent.sightAt = this.#init.time.now
    this.#init.onSight(sent)
  }
}

type Change = 'cut' | 'cut at once'

const PAGE = '<!doctype html><html><body>gateway</body></html>'

function sightOf(answer: ServerAnswer): Sight {
  const { status } = answer
  const isPage = answer.headers['content-type'] === 'text/html'
  if (status === 202) return 'doubt'
  if (status < 300) return isPage ? 'doubt' : 'success'
  if (status < 400 || status === 408 || status >= 500) return 'doubt'
  return 'refused'
}

function responseOf(answer: ServerAnswer, change: Change | undefined): Response {
  const length = String(answer.body.length)
  const headers = { ...answer.headers, 'content-length': length }
  if (change === undefined) return new Response(answer.body, { status: answer.status, headers })
  let first = change === 'cut'
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (first) controller.enqueue(new TextEncoder().encode(answer.body.slice(0, answer.body.length / 2)))
      else controller.error(new TypeError('terminated'))
      first = false
    },
  })
  return new Response(stream, { status: answer.status, headers })
}
