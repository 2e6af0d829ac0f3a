import { keyPath } from '../core/names/key-path.ts'
import { systemRuntime } from '../runtime/system-runtime.ts'
import type { Idempotency } from '../server/idempotency.ts'
import { buildIdempotency } from '../server/idempotency.ts'
import { memoryStore } from '../stores/memory/memory-store.ts'

/** What happens to a request that performs an operation. */
export type FakeFault =
  /** The request never arrives. */
  | 'lose-request'
  /** The request is performed, but its answer never comes. */
  | 'lose-answer'
  /** The request is performed, and answered with a 202 and the key's own URL as Location. */
  | 'accept'
  /** The request is performed, but answered with a 409, as if it were still in progress. */
  | 'busy'
  /** The request is performed, and answered after this delay, ms. */
  | { readonly delay: number }
  /** The request is not performed: a gateway answers before it reaches the server. */
  | { readonly status: number }

export type FakeServerOptions = {
  /**
   * The server's origin, or its path on the page's own origin (`/api`) for code that calls relative URLs. Default
   * `https://fake.example`.
   */
  readonly url?: string | undefined
  /**
   * Performs and answers a request, also GETs, which do not count as effects. Default: 201 with `{ id: 1 }`, `{ id: 2
   * }`, …, and 404 for GETs.
   */
  readonly perform?: ((request: Request, effects: number) => Response | Promise<Response>) | undefined
}

/** One request that was performed. */
export type FakeEffect = {
  readonly method: string
  readonly path: string
  readonly key: string | null
  readonly body: string
}

/** msw's `http`, by shape. */
type Msw<MswHandler> = {
  readonly all: (
    path: string,
    resolver: (info: { readonly request: Request }) => Promise<Response>,
  ) => MswHandler
}

export type FakeServer = {
  readonly url: string
  /** What was performed, in order, so that a test can count. */
  readonly effects: readonly FakeEffect[]
  /** Faults for the next operations, one each. Later operations meet the fault set by `always`. */
  readonly next: (...faults: readonly FakeFault[]) => void
  /** The fault for every operation from now on. Without an argument operations are answered normally, as at first. */
  readonly always: (fault?: FakeFault) => void
  /** Forgets all keys, as a server does after its retention. */
  readonly forget: () => void
  /** Sets whether the server ignores keys, from now on. */
  readonly ignoreKeys: (ignores: boolean) => void
  /** Restores the initial state without effects, keys and faults: for use between two tests. */
  readonly reset: () => void
  /** A fetch that reaches this server, for `fetchTransport` or any other place that accepts a fetch. */
  readonly fetch: typeof fetch
  /** Handlers for msw: `setupServer(...fake.handlers(http))`. */
  readonly handlers: <MswHandler>(http: Msw<MswHandler>) => MswHandler[]
}

const ELSEWHERE = 'https://fake.example'

/**
 * A server that honours keys like `stillonce/server` and fails when a test requests it. `<path>/by-key/<key>` is the
 * key's own URL: GET returns its status, DELETE seals it.
 *
 * @example
 * const fake = fakeServer()
 * const server = setupServer(...fake.handlers(http))
 * fake.next('lose-answer')
 */
export function fakeServer({ url: given = ELSEWHERE, perform }: FakeServerOptions = {}): FakeServer {
  const url = given.replace(/\/+$/, '')
  const effects: FakeEffect[] = []
  const faults: FakeFault[] = []
  let usual: FakeFault | undefined
  let ignoring = false
  let idempotency: Idempotency

  const forget = () => {
    // Without `since: 0` the server would refuse requests that were first sent before it forgot its keys.
    const store = { ...memoryStore({ maxSettled: Infinity }), since: async () => 0 }
    idempotency = buildIdempotency({ store, scope: 'fake', required: false }, systemRuntime)
  }
  forget()

  async function work(request: Request): Promise<Response> {
    const { pathname: path, search } = new URL(request.url)
    const key = request.headers.get('idempotency-key')
    const body = await request.clone().text()
    effects.push({ method: request.method, path: `${path}${search}`, key, body })
    return (
      (await perform?.(request, effects.length)) ?? Response.json({ id: effects.length }, { status: 201 })
    )
  }

  async function answer(request: Request): Promise<Response> {
    const isOfKey = new URL(request.url).pathname.split('/').at(-2) === 'by-key'
    if (isOfKey && request.method === 'GET') return idempotency.status(request)
    if (isOfKey && request.method === 'DELETE') return idempotency.seal(request)
    if (request.method === 'GET') return (await perform?.(request, effects.length)) ?? notFound()
    const fault = faults.shift() ?? usual
    if (fault === 'lose-request') return Response.error()
    if (typeof fault === 'object' && 'status' in fault) return new Response(null, { status: fault.status })
    const location = locationOf(request)
    const response = ignoring ? await work(request) : await idempotency.handle(request, work)
    if (fault === 'lose-answer') return Response.error()
    if (fault === 'accept' || fault === 'busy') {
      const key = request.headers.get('idempotency-key')
      const named = key !== null && { 'idempotency-key': key }
      const headers = { 'retry-after': '0', ...named, ...(location !== undefined && { location }) }
      return Response.json({ status: 'processing' }, { status: fault === 'busy' ? 409 : 202, headers })
    }
    if (fault !== undefined)
      await new Promise(resolve => {
        setTimeout(resolve, fault.delay)
      })
    return response
  }

  return {
    url,
    effects,
    next: (...more) => void faults.push(...more),
    always: fault => {
      usual = fault
    },
    forget,
    ignoreKeys: ignores => {
      ignoring = ignores
    },
    reset: () => {
      effects.length = 0
      faults.length = 0
      usual = undefined
      ignoring = false
      forget()
    },
    fetch: async (input, init) => {
      const whole = typeof input === 'string' ? new URL(input, globalThis.location?.href ?? ELSEWHERE) : input
      const response = await answer(new Request(whole, init))
      if (response.type === 'error') throw new TypeError('fetch failed')
      return response
    },
    handlers: http => [http.all(`${url}/*`, ({ request }) => answer(request))],
  }
}

function locationOf(request: Request): string | undefined {
  const key = request.headers.get('idempotency-key')
  return key === null ? undefined : `${new URL(request.url).pathname}/by-key/${keyPath(key)}`
}

function notFound(): Response {
  return new Response(null, { status: 404 })
}
