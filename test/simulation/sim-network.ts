import type { Fetch } from '../../src/public/transport.ts'
import type { AskCache } from './ask-cache.ts'
import { OTHER_KEY } from './edges.ts'
import type { EdgeAskFault, EdgeSendFault } from './edges.ts'
import type { Random } from './random.ts'
import type { ServerAnswer, ServerRequest, ServerSide } from './server-side.ts'
import type { SimProcess } from './sim-process.ts'
import type { VirtualTime } from './virtual-time.ts'
import type { Deliver, Settle } from './wire.ts'
import { Wire } from './wire.ts'

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

export type Fault = SendFault | AskFault | EdgeSendFault | EdgeAskFault

/** What a client could see of a send: what it may conclude from it. */
export type Sight = 'pending' | 'not sent' | 'refused' | 'success' | 'doubt'

/** One fetch of a process, as the wire saw it. */
export type Sent = {
  readonly id: number
  readonly at: number
  readonly process: SimProcess
  readonly scope: string
  /** Whose credential the http layer put on. */
  readonly account: string
  /** Which of the server's deployments it went to: each keeps keys of its own. */
  readonly space: string
  readonly isOperation: boolean
  readonly method: string
  readonly url: string
  readonly key: string
  readonly op: string
  readonly fault: Fault | undefined
  sight: Sight
  sightAt: number
  status: number | undefined
  isReplay: boolean
  /** When its attempt was written ahead: it may have left from then on, as far as others know. */
  aheadAt?: number
  /** Answered with a problem that has a type of its own. */
  isTyped?: boolean
}

export type NetworkInit = {
  readonly time: VirtualTime
  readonly random: Random
  readonly server: ServerSide
  /** Which fault strikes this request. */
  readonly choose: (isOperation: boolean, environment: 'node' | 'other') => Fault | undefined
  /** A fetch that goes on although it was aborted, as wrappers and mocks do. */
  readonly ignoresAbort: () => boolean
  /** What answers to asks pass through on their way, if anything. */
  readonly cache?: AskCache | undefined
  /** The definition judges the body: what it cannot judge is no success. */
  readonly hook?: 'right' | 'broken' | undefined
  readonly longHoldMs: number
  /** What is paused before it sends sends when it goes on. */
  readonly holdsFrozen?: boolean
  readonly onCached?: (sent: Sent) => void
  readonly onSend: (sent: Sent) => void
  readonly onSight: (sent: Sent) => void
  /** A client has got this answer. */
  readonly onAnswer?: (sent: Sent, answer: ServerAnswer) => void
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
        const send = () =>
          this.#send(process, input, init ?? {}, {
            resolve: response => settle(() => resolve(response())),
            reject: error => settle(() => reject(error)),
            rejectNow: reject,
          })
        if (this.#init.holdsFrozen === true) process.deliver(send)
        else send()
        process.step('after send')
      })
    }
  }

  #send(process: SimProcess, input: RequestInfo | URL, init: RequestInit, promise: Settle): void {
    const { time, server, choose, note, count } = this.#init
    const url = new URL(String(input instanceof Request ? input.url : input))
    const headers = new Headers(init.headers)
    const method = (init.method ?? 'GET').toUpperCase()
    const [, v2, thing] = /^(\/v2)?(?:\/things\/(.*))?/.exec(url.pathname) ?? []
    const isOperation = thing !== undefined || method === 'POST'
    const body = init.body instanceof Uint8Array ? new TextDecoder().decode(init.body) : ''
    const operation = isOperation ? operationOf(thing, body) : undefined
    const fault = choose(isOperation, process.runtime.environment)
    const sent: Sent = {
      id: this.sent.length,
      at: time.now,
      process,
      scope: process.scope,
      account: process.account,
      space: v2 === undefined ? '1' : '2',
      isOperation,
      method,
      url: url.href,
      key: headers.get('idempotency-key') ?? headers.get('x-request-key') ?? '',
      op: operation?.op ?? '',
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
    const request: ServerRequest = {
      fetchId: sent.id,
      method,
      path: this.#pathOf(sent, method, v2 === undefined ? url.pathname : url.pathname.slice(v2.length)),
      key: sent.key || undefined,
      account: sent.account,
      space: sent.space,
      operation,
      headers: Object.fromEntries(headers),
      body,
    }
    const cache = isOperation || method !== 'GET' ? undefined : this.#init.cache
    const way = { url: `${sent.account} ${url.href}`, pid: process.pid, headers, mode: init.cache }
    const deliver: Deliver = (afterMs, answer, lost) => {
      this.underWay++
      time.in(afterMs, () => {
        this.underWay--
        if (sent.id < this.#latestArrived) count('reordered')
        this.#latestArrived = Math.max(this.#latestArrived, sent.id)
        note('server', `receives ${method} ${url.pathname} ${sent.key} (fetch ${sent.id})`)
        const kept = cache?.find(way, time.now)
        if (kept !== undefined) {
          count('ask from a cache')
          this.#init.onCached?.(sent)
          return answer(kept)
        }
        server.receive(request, {
          answer: told => answer(cache === undefined ? told : cache.pass(way, told, time.now)),
          lost,
        })
      })
    }
    wire.carry(deliver)
  }

  /** Of some other key that has been sent, where a proxy has changed it. */
  #pathOf({ fault, url }: Sent, method: string, path: string): string {
    if (fault !== OTHER_KEY) return path
    const own = url.split('/').at(-1) ?? ''
    // A seal that strays to a key that was executed before the store was lost, with the young key's first-send time, is
    // beyond what a server can know: it goes to a key that nobody has.
    if (method === 'DELETE') return path.replace(own, `${own}-other`)
    const other = this.sent.find(({ isOperation, key }) => isOperation && key !== own)?.key ?? `${own}-other`
    return path.replace(own, other)
  }
}

/** What is meant: in the body, or in the URL of what has none. */
function operationOf(
  thing: string | undefined,
  body: string,
): { readonly op: string; readonly item: string } {
  if (thing === undefined) return JSON.parse(body) as { op: string; item: string }
  const [op = '', item = ''] = thing.split('/')
  return { op: op.replace('~', '/'), item }
}
