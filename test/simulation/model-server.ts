import type { Random } from './random.ts'
import type { Effect, Exchange, ServerAnswer, ServerRequest, ServerSide, Truth } from './server-side.ts'
import { resultOf } from './server-side.ts'
import { EPOCH } from './sim-process.ts'
import type { VirtualTime } from './virtual-time.ts'

/** How this server speaks: true to the profile that the clients state, within which it may do as it likes. */
export type ServerManner = {
  readonly honoursKeys: boolean
  /** How it answers a key that it is working on. */
  readonly inProgress: 'bare-409' | '409-retry-after' | '202'
  /** A decline is stored under the key and replayed; else the next request is judged anew. */
  readonly storesDeclines: boolean
  readonly declines: number
  /** A failure of its own is stored and replayed, as Stripe does; half of them after the effect. */
  readonly storedFailures: number
  readonly retentionMs: number
  /** It answers what became of a key, as it was so long ago; undefined: it cannot be asked. */
  readonly statusLagMs: number | undefined
  readonly seals: boolean
  readonly slowness: 'fast' | 'mixed' | 'slow'
  readonly hasDate: boolean
}

type Entry = {
  readonly key: string
  readonly body: string
  readonly claimedAt: number
  doneAt: number | undefined
  answer: ServerAnswer | undefined
  word: 'processing' | 'succeeded' | 'failed' | 'canceled'
  result: unknown
}

const JSON_TYPE = { 'content-type': 'application/json' }

/** The server's side of the simulation, and the ledger that counts what really happened. */
export class ModelServer implements ServerSide {
  readonly effects: Effect[] = []
  /** Its executions are events of their own: nobody waits for them. */
  readonly isIdle = true
  #healed = false
  readonly manner: ServerManner
  readonly #time: VirtualTime
  readonly #random: Random
  readonly #note: (what: string) => void
  readonly #count: (kind: string) => void
  readonly #entries = new Map<string, Entry>()
  /** Without keys: the references that came along, and how many of their requests are being worked on. */
  readonly #references = new Map<string, { readonly since: number; executing: number }>()

  constructor(init: {
    readonly manner: ServerManner
    readonly time: VirtualTime
    readonly random: Random
    readonly note: (what: string) => void
    readonly count: (kind: string) => void
  }) {
    this.manner = init.manner
    this.#time = init.time
    this.#random = init.random
    this.#note = init.note
    this.#count = init.count
  }

  effectsOf(key: string): number {
    return this.effects.filter(effect => effect.key === key).length
  }

  /** No decline, failure or slowness of its own from now on. */
  heal(): void {
    this.#healed = true
  }

  async concludeAll(): Promise<void> {
    // It leaves nothing to a person.
  }

  receive(request: ServerRequest, exchange: Exchange): void {
    const answerWith = (answer: ServerAnswer) => {
      this.#note(`answers ${answer.status} ${answer.body.slice(0, 60)}`)
      exchange.answer(this.#dated(answer))
    }
    const [, kind = '', , key = ''] = /^\/(orders|ops)(\/by-key)?\/?(.*)$/.exec(request.path) ?? []
    if (request.method === 'POST') {
      if (this.manner.honoursKeys) this.#honour(request, answerWith)
      else this.#perform(request, undefined, answerWith)
    } else if (request.method === 'DELETE') answerWith(this.#seal(key))
    else answerWith(this.#status(key, kind === 'ops' ? 0 : (this.manner.statusLagMs ?? 0)))
  }

  /** Seals what has not begun, so that what is told stays true. */
  reconcile(key: string, tell: (truth: Truth) => void): void {
    const entry = this.#entries.get(key)
    if (entry?.word === 'processing') return tell('unclear')
    const effect = this.effects.find(candidate => candidate.key === key)
    if (effect !== undefined) return tell({ outcome: 'executed', data: resultOf(effect) })
    // Without keys a request that is still on its way would make any "no" untrue.
    if (!this.manner.honoursKeys) return tell('unclear')
    if (entry === undefined) this.#entries.set(key, this.#sealed(key))
    tell({ outcome: 'not-executed' })
  }

  #honour(request: ServerRequest, reply: (answer: ServerAnswer) => void): void {
    const key = request.key ?? ''
    const entry = this.#entry(key)
    if (entry === undefined) {
      const fresh: Entry = {
        key,
        body: request.body,
        claimedAt: this.#time.now,
        doneAt: undefined,
        answer: undefined,
        word: 'processing',
        result: undefined,
      }
      this.#entries.set(key, fresh)
      return this.#perform(request, fresh, reply)
    }
    if (entry.word === 'canceled') return reply(replayed(problem(410, 'key_sealed')))
    if (entry.body !== request.body) {
      this.#count('server: other payload under a key')
      return reply(problem(422, 'other_payload'))
    }
    if (entry.answer === undefined) {
      this.#count('server: asked for a key in progress')
      return reply(this.#inProgress(key))
    }
    this.#count('server: replay')
    reply(replayed(entry.answer))
  }

  #inProgress(key: string): ServerAnswer {
    if (this.manner.inProgress === '202')
      return {
        status: 202,
        headers: { ...JSON_TYPE, location: `/ops/${key}` },
        body: '{"status":"processing"}',
      }
    const busy = problem(409, 'in_progress')
    return this.manner.inProgress === 'bare-409'
      ? busy
      : { ...busy, headers: { ...busy.headers, 'retry-after': '1' } }
  }

  #perform(request: ServerRequest, entry: Entry | undefined, reply: (answer: ServerAnswer) => void): void {
    const { manner } = this
    const fails = !this.#healed && this.#random.chance(manner.storedFailures)
    const declines = !this.#healed && !fails && this.#random.chance(manner.declines)
    if (declines && !manner.storesDeclines) {
      this.#count('server: declined, not stored')
      if (entry !== undefined) this.#entries.delete(entry.key)
      return reply(problem(this.#random.pick([400, 402, 404, 422]), 'declined'))
    }
    const takesMs = this.#duration()
    const reference = this.#references.get(request.key ?? '') ?? { since: this.#time.now, executing: 0 }
    this.#references.set(request.key ?? '', reference)
    reference.executing++
    const isAsync = entry !== undefined && manner.inProgress === '202' && takesMs > 1_000
    if (isAsync) reply(this.#inProgress(entry.key))
    this.#time.in(takesMs, () => {
      reference.executing--
      const answer = this.#finish(request, entry, declines, fails)
      if (!isAsync) reply(answer)
    })
  }

  #duration(): number {
    if (this.#healed) return 20
    const { slowness } = this.manner
    if (slowness === 'fast' || (slowness === 'mixed' && this.#random.chance(0.6)))
      return this.#random.between(1, 60)
    this.#count('server: slow execution')
    return this.#random.between(1_000, 12_000)
  }

  #finish(request: ServerRequest, entry: Entry | undefined, declines: boolean, fails: boolean): ServerAnswer {
    const happens = !declines && (!fails || this.#random.chance(0.5))
    const effect = happens ? this.#effect(request) : undefined
    let answer: ServerAnswer
    if (declines) {
      this.#count('server: declined, stored')
      answer = problem(402, 'declined')
    } else if (fails) {
      this.#count(happens ? 'server: failed after its effect' : 'server: failed before its effect')
      answer = problem(500, 'failed')
    } else answer = { status: 201, headers: JSON_TYPE, body: JSON.stringify(resultOf(effect!)) }
    if (entry !== undefined) {
      entry.doneAt = this.#time.now
      entry.answer = answer
      entry.word = happens ? 'succeeded' : 'failed'
      entry.result = effect === undefined ? undefined : resultOf(effect)
    }
    return answer
  }

  #effect(request: ServerRequest): Effect {
    const { op, item } = JSON.parse(request.body) as { op: string; item: string }
    const { fetchId, key = '' } = request
    const effect = { id: this.effects.length + 1, at: this.#time.now, key, op, item, fetchId }
    this.effects.push(effect)
    this.#note(`EFFECT ${effect.id} of ${op} (${item}) under ${key}`)
    return effect
  }

  #status(key: string, lagMs: number): ServerAnswer {
    if (!this.manner.honoursKeys) return this.#statusByEffect(key, lagMs)
    const entry = this.#entry(key)
    const asOf = this.#time.now - lagMs
    if (entry === undefined || entry.claimedAt > asOf) {
      if (entry !== undefined) this.#count('server: status lags')
      return problem(404, 'no_such_key')
    }
    if (entry.doneAt === undefined || entry.doneAt > asOf)
      return { status: 200, headers: JSON_TYPE, body: '{"status":"processing"}' }
    return {
      status: 200,
      headers: JSON_TYPE,
      body: JSON.stringify({
        status: entry.word,
        ...(entry.result !== undefined && { result: entry.result }),
      }),
    }
  }

  /** Without keys it still files the reference that came along, and can look it up. */
  #statusByEffect(key: string, lagMs: number): ServerAnswer {
    const effect = this.effects.find(
      candidate => candidate.key === key && candidate.at <= this.#time.now - lagMs,
    )
    const reference = this.#references.get(key)
    const isAtWork =
      reference !== undefined && reference.executing > 0 && reference.since <= this.#time.now - lagMs
    if (effect === undefined && isAtWork)
      return { status: 202, headers: JSON_TYPE, body: '{"status":"processing"}' }
    if (effect === undefined) return problem(404, 'no_such_key')
    return {
      status: 200,
      headers: JSON_TYPE,
      body: JSON.stringify({ status: 'succeeded', result: resultOf(effect) }),
    }
  }

  #seal(key: string): ServerAnswer {
    const entry = this.#entry(key)
    if (entry === undefined) {
      this.#count('server: sealed')
      this.#entries.set(key, this.#sealed(key))
      return { status: 200, headers: JSON_TYPE, body: '{"status":"canceled"}' }
    }
    if (entry.word === 'processing')
      return { status: 202, headers: JSON_TYPE, body: '{"status":"processing"}' }
    const body =
      entry.word === 'succeeded' ? { status: 'succeeded', result: entry.result } : { status: 'canceled' }
    return { status: 200, headers: JSON_TYPE, body: JSON.stringify(body) }
  }

  #sealed(key: string): Entry {
    const { now } = this.#time
    return {
      key,
      body: '',
      claimedAt: now,
      doneAt: now,
      answer: undefined,
      word: 'canceled',
      result: undefined,
    }
  }

  /** A seal stays; everything else is forgotten at the end of the retention. */
  #entry(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.word === 'canceled' || entry.doneAt === undefined) return entry
    if (this.#time.now < entry.claimedAt + this.manner.retentionMs) return entry
    this.#count('server: key forgotten')
    this.#note(`forgets ${key}`)
    this.#entries.delete(key)
    return undefined
  }

  #dated(answer: ServerAnswer): ServerAnswer {
    if (!this.manner.hasDate) return answer
    const date = new Date(EPOCH + this.#time.now).toUTCString()
    return { ...answer, headers: { ...answer.headers, date } }
  }
}

function problem(status: number, code: string): ServerAnswer {
  return { status, headers: JSON_TYPE, body: JSON.stringify({ code }) }
}

function replayed(answer: ServerAnswer): ServerAnswer {
  return { ...answer, headers: { ...answer.headers, 'idempotent-replayed': 'true' } }
}
