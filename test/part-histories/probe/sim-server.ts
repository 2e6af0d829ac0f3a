import { setImmediate as turn } from 'node:timers/promises'
import type { Random } from '../../simulation/random.ts'

/** How a server treats keys, and what its answers show of it. */
export type Traits = {
  readonly keys:
    | 'honoured'
    | 'raced'
    | 'refused again'
    | 'refused again, but raced'
    | 'ignored'
    | 'no rule at all'
  /** What tells one answer from another: `order` is another one with each execution, `time` with each answer. */
  readonly shows: 'order' | 'nothing' | 'the key' | 'time'
  readonly marksReplays: boolean
  readonly form: 'raw or quoted' | 'quoted only' | 'as it is'
  readonly otherPayload: 'refused' | 'replayed' | 'performed'
  readonly atOnce: 'waits' | 'refused'
  readonly badBody: 'refused' | 'refused and kept' | 'taken' | 'fails'
  readonly withoutKey: 'performed' | 'refused' | 'fails'
  readonly success: number
}

/** A request, and what was told. `status` 0: no answer came, or half of one. */
export type Exchange = {
  readonly key: string | undefined
  readonly body: string
  status: number
  text: string
  headers: Readonly<Record<string, string>>
  hasExecuted: boolean
  /** Something else answered. */
  isForeign: boolean
}

/** In between: from one request on, for so many, something else answers, or nothing. */
export type Interruption = {
  readonly from: number
  readonly count: number
  readonly answer: Told | 'cut' | 'refused' | 'reset' | 'hangs'
}

type Told = {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

const JSON_TYPE = { 'content-type': 'application/json' }
const PAGE: Pick<Told, 'text' | 'headers'> = {
  text: '<!doctype html><title>Sign in</title>',
  headers: { 'content-type': 'text/html' },
}

const json = (status: number, body: object, headers = {}): Told => ({
  status,
  text: JSON.stringify(body),
  headers: { ...JSON_TYPE, ...headers },
})

const STATUSES = [
  200, 201, 202, 204, 301, 302, 400, 401, 403, 404, 405, 407, 409, 410, 422, 429, 500, 501, 502, 503, 504,
]
const BODIES: readonly object[] = [
  {},
  { code: 'x' },
  { error: 'Bad Request' },
  { error: { type: 'idempotency_error' } },
  { type: 'about:blank', status: 400 },
  { errors: [{ code: 7 }] },
  [],
]

export function traitsOf(random: Random): Traits {
  return {
    keys: random.pick([
      'honoured',
      'honoured',
      'honoured',
      'raced',
      'refused again',
      'refused again, but raced',
      'ignored',
      'ignored',
      'no rule at all',
    ]),
    shows: random.pick(['order', 'order', 'order', 'nothing', 'the key', 'time']),
    marksReplays: random.chance(0.5),
    form: random.pick(['raw or quoted', 'quoted only', 'as it is']),
    otherPayload: random.pick(['refused', 'replayed', 'performed']),
    atOnce: random.pick(['waits', 'refused']),
    badBody: random.pick(['refused', 'refused and kept', 'taken', 'fails']),
    withoutKey: random.pick(['performed', 'refused', 'fails']),
    success: random.pick([200, 201, 202]),
  }
}

export function interruptionsOf(random: Random): readonly Interruption[] {
  return Array.from({ length: random.pick([0, 0, 1, 1, 2]) }, () => ({
    from: random.between(1, 15),
    count: random.pick([1, 1, 2, Infinity]),
    answer: random.pick([
      'cut',
      'refused',
      'reset',
      'hangs',
      anyAnswer(random),
      anyAnswer(random),
      anyAnswer(random),
    ] as const),
  }))
}

function anyAnswer(random: Random): Told {
  const status = random.pick(STATUSES)
  if (status !== 204 && random.chance(0.2)) return { status, ...PAGE }
  const location = status === 301 || status === 302 ? { location: '/elsewhere' } : {}
  const retry = random.chance(0.2) ? { 'retry-after': '1' } : {}
  return status === 204 ? { status, text: '' } : json(status, random.pick(BODIES), { ...location, ...retry })
}

export type SimServer = { readonly exchanges: readonly Exchange[]; readonly fetch: typeof fetch }

type Kept = { readonly payload: string; readonly answer: Promise<Told>; isDone: boolean }

export function simServer(traits: Traits, interruptions: readonly Interruption[], random: Random): SimServer {
  const exchanges: Exchange[] = []
  const kept = new Map<string, Kept>()
  let orders = 0
  let answers = 0

  async function executed(exchange: Exchange, key: string | undefined): Promise<Told> {
    // What comes at once is all there before the first is done.
    await turn()
    exchange.hasExecuted = true
    orders += 1
    const shown = { order: { order: orders }, nothing: { ok: true }, 'the key': { ok: key ?? '' }, time: {} }[
      traits.shows
    ]
    return json(traits.success, shown)
  }

  async function told(exchange: Exchange): Promise<Told> {
    const { key: text, body } = exchange
    if (traits.keys === 'no rule at all') return anyAnswer(random)
    const key = traits.form === 'raw or quoted' ? text?.replaceAll('"', '') : text
    if (key === undefined && traits.withoutKey === 'refused') return json(400, { code: 'key_missing' })
    if (key === undefined && traits.withoutKey === 'fails') return json(500, { code: 'bug' })
    if (key !== undefined && traits.form === 'quoted only' && !/^".*"$/.test(key))
      return json(400, { code: 'not_a_string' })
    const isBad = body === '[]'
    if (isBad && traits.badBody === 'fails') return json(500, { code: 'bug' })
    if (isBad && traits.badBody === 'refused') return json(400, { code: 'no_order' })
    const refused = isBad && traits.badBody === 'refused and kept'
    const work = () => (refused ? Promise.resolve(json(400, { code: 'no_order' })) : executed(exchange, key))
    if (key === undefined || traits.keys === 'ignored') return work()
    const known = kept.get(key)
    const isRacing = traits.keys === 'raced' || traits.keys === 'refused again, but raced'
    if (known === undefined || (isRacing && !known.isDone)) return keep(key, body, work())
    if (traits.keys !== 'honoured' && traits.keys !== 'raced') return json(409, { code: 'duplicate' })
    if (known.payload !== body && traits.otherPayload !== 'replayed')
      return traits.otherPayload === 'refused' ? json(422, { code: 'mismatch' }) : work()
    if (!known.isDone && traits.atOnce === 'refused') return json(409, { code: 'in_progress' })
    const first = await known.answer
    return traits.marksReplays
      ? { ...first, headers: { ...first.headers, 'idempotent-replayed': 'true' } }
      : first
  }

  function keep(key: string, payload: string, answer: Promise<Told>): Promise<Told> {
    const entry: Kept = { payload, answer, isDone: false }
    if (!kept.has(key)) kept.set(key, entry)
    return answer.finally(() => (entry.isDone = true))
  }

  function responseOf(exchange: Exchange, { status, text, headers = {} }: Told): Response {
    const isTimed = traits.shows === 'time' && status >= 200 && status < 204
    const shown = isTimed ? JSON.stringify({ at: (answers += 1) }) : text
    Object.assign(exchange, { status, text: shown, headers })
    return new Response(status === 204 ? null : shown, { status, headers })
  }

  async function serve(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> {
    const request = new Request(input, init)
    const key = request.headers.get('idempotency-key') ?? undefined
    const exchange: Exchange = {
      key,
      body: typeof init?.body === 'string' ? init.body : '',
      status: 0,
      text: '',
      headers: {},
      hasExecuted: false,
      isForeign: false,
    }
    exchanges.push(exchange)
    const count = exchanges.length
    const other = interruptions.find(({ from, count: length }) => count >= from && count < from + length)
    if (other === undefined) return responseOf(exchange, await told(exchange))
    exchange.isForeign = true
    switch (other.answer) {
      case 'refused':
        throw lost('ECONNREFUSED')
      case 'reset':
        await told(exchange)
        throw lost('ECONNRESET')
      case 'hangs':
        await told(exchange)
        // src/entries/cli.ts gives up after half a minute.
        throw new DOMException('too long', 'TimeoutError')
      case 'cut':
        await told(exchange)
        return new Response(new ReadableStream({ pull: stream => stream.error(lost('UND_ERR_SOCKET')) }), {
          status: 200,
        })
      default:
        return responseOf(exchange, other.answer)
    }
  }

  return { exchanges, fetch: serve }
}

function lost(code: string): TypeError {
  return Object.assign(new TypeError('fetch failed'), { cause: { code } })
}
