import { pageOf } from './pages.ts'
import type { ServerAnswer } from './server-side.ts'
import type { NetworkInit, Sent, Sight } from './sim-network.ts'

export type Settle = {
  readonly resolve: (response: () => Response) => void
  readonly reject: (error: unknown) => void
  readonly rejectNow: (error: unknown) => void
}

export type Deliver = (
  afterMs: number,
  answer: (answer: ServerAnswer) => void,
  lost: (how: 'refused' | 'reset') => void,
) => void

/** One request on its way, and its answer on the way back. */
export class Wire {
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
    const own = (status: number, type = 'application/json', headers = {}, body?: string) =>
      this.#answer(
        {
          status,
          headers: { 'content-type': type, ...headers },
          body: body ?? (type === 'text/html' ? PAGE : '{}'),
        },
        outMs,
      )
    /** Some proxy's page, in one of the forms in which they come. */
    const page = (status: number) => {
      const { type, text } = pageOf(random)
      own(status, type, {}, text)
    }
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
      case 'sent again by a proxy':
        // Its connection to the server broke: the first delivery's answer is lost there.
        deliver(outMs, nothing, nothing)
        // Who sends again and finds nobody says so in its own words: the client sees no refused connection.
        return deliver(outMs + random.between(1, 4_000), back, () => page(502))
      case 'sent again by the runtime, refused':
        // Its error is that of the second try; the first one arrived.
        deliver(outMs, nothing, nothing)
        return this.#fail(outMs + random.between(1, 2_000), 'connect', 'ECONNREFUSED', 'as Node says it')
      case 'page 403 after':
        return deliver(outMs, () => page(403), lost)
      case 'page 404 after':
        return deliver(outMs, () => page(404), lost)
      case 'page 405 after':
        return deliver(outMs, () => page(405), lost)
      case 'page 410 after':
        return deliver(outMs, () => page(410), lost)
      case 'page 413 before':
        return page(413)
      case 'status 404 before':
        return own(404)
      case 'status 410 before':
        return own(410)
      case 'status 499 after':
        return deliver(outMs, () => own(499, 'text/plain', {}, ''), lost)
      case 'status 450 after':
        return deliver(outMs, () => own(450), lost)
      case 'page 502 after':
        return deliver(outMs, () => page(502), lost)
      case 'page 503 after':
        return deliver(outMs, () => page(503), lost)
      case 'text 200 after':
        return deliver(
          outMs,
          answer => (isPlainSuccess(answer) ? own(200, 'text/plain', {}, TEXT) : page(502)),
          lost,
        )
      case 'other page 200 before':
      case 'ask page 200':
        return page(200)
      case 'empty 200 after':
        return deliver(outMs, ({ status }) => this.#answer({ status, headers: {}, body: '' }, outMs), lost)
      case 'cut, looks whole':
      case 'ask cut, looks whole':
        return deliver(outMs, answer => back(halfOf(answer)), lost)
      case 'ask of another key':
        return deliver(outMs, back, lost)
      case 'ask page 404':
        return page(404)
      case 'ask text 200':
        return own(200, 'text/plain', {}, TEXT)
      case 'ask status 499':
        return own(499)
      case 'ask foreign words':
        return own(200, 'application/json', {}, random.pick(FOREIGN))
      case 'ask empty 200':
        return own(200, 'application/json', {}, '')
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
        this.#sent.isTyped = answer.body.startsWith('{"type":"https:')
        this.#sent.isReplay = answer.headers['idempotent-replayed'] === 'true'
        this.#init.onAnswer?.(this.#sent, answer)
        this.#saw(sightOf(answer, change, this.#init.hook))
        this.#init.note(this.#sent.process.name, `sees ${answer.status} (fetch ${this.#sent.id})`)
        return responseOf(answer, change)
      })
    })
  }

  #fail(afterMs: number, syscall: string, code: string, how?: 'as Node says it'): void {
    this.#init.time.in(afterMs, () => {
      if (this.#over) return
      this.#over = true
      const inNode = this.#sent.process.runtime.environment === 'node'
      this.#promise.reject(
        inNode || how !== undefined
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
const TEXT = 'upstream connect error or disconnect/reset before headers'
/** What a 200 says that has nothing to say of the operation. */
const FOREIGN = [
  '[]',
  'null',
  '{}',
  '{"success":false}',
  '{"ok":false}',
  '{"found":false}',
  '{"error":{"message":"try later"}}',
  '{"errors":[{"message":"not now"}]}',
  '{"status":"requires_action"}',
  '{"status":"paid"}',
  '{"status":"expired"}',
  '{"status":"error"}',
  '{"state":"unknown"}',
]

/** Said by proxies of what they do not pass on, or of the attempt alone. */
const PAGES_THAT_REFUSE = new Set([400, 401, 407, 411, 413, 414, 415, 417, 421, 425, 429, 431])
const UNREGISTERED = new Set([499, 450])

function sightOf(answer: ServerAnswer, change: Change | undefined, hook: NetworkInit['hook']): Sight {
  const { status, body } = answer
  const isPage = /^\s*</.test(body)
  if (status === 202) return 'doubt'
  if (status < 300) {
    const isJudged = change === undefined && isWhole(answer) && hook === 'right'
    if (isPage || (hook !== undefined && !isJudged)) return 'doubt'
    return body.startsWith('{"errors"') ? 'refused' : 'success'
  }
  if (status < 400 || status === 408 || status >= 500 || UNREGISTERED.has(status)) return 'doubt'
  if (change !== undefined || (body !== '' && !isPage && !isWhole(answer))) return 'doubt'
  return isPage && !PAGES_THAT_REFUSE.has(status) ? 'doubt' : 'refused'
}

function isWhole({ body }: ServerAnswer): boolean {
  try {
    JSON.parse(body)
    return true
  } catch {
    return false
  }
}

function isPlainSuccess({ status, body }: ServerAnswer): boolean {
  return status === 201 && !body.startsWith('{"errors"')
}

/** Ended as if it were whole: a length of its own, or a last chunk that a proxy added. */
function halfOf(answer: ServerAnswer): ServerAnswer {
  return { ...answer, body: answer.body.slice(0, Math.ceil(answer.body.length / 2)) }
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
