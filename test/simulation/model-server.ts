import type { Edges } from './edges.ts'
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

/** What the model needs to know of the edges. */
export type ServerEdges = Pick<
  Edges,
  | 'shape'
  | 'progressWord'
  | 'backMs'
  | 'forgetsWork'
  | 'verdict'
  | 'raisedAt'
  | 'wrongDates'
  | 'typedConflicts'
  | 'changedBefore'
>

/** What a server without edges is like. */
const PLAIN: ServerEdges = {
  shape: 'post',
  progressWord: 'processing',
  backMs: 0,
  forgetsWork: false,
  verdict: 'none',
  raisedAt: undefined,
  wrongDates: false,
  typedConflicts: false,
  changedBefore: false,
}

type Entry = {
  readonly key: string
  /** Where it is kept: account, deployment and key. */
  readonly place: string
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
  readonly #edges: ServerEdges
  /** One Date is wrong: a second that agrees with it would be confirmed. */
  #hasBeenWrong = false
  readonly #onSettled: (key: string, op: string, truth: Truth) => void
  /** Keys of which a client has been told that they are at work. */
  readonly #toldAtWork = new Set<string>()
  readonly #stubborn = new Set<string>()
  readonly manner: ServerManner
  readonly #time: VirtualTime
  readonly #random: Random
  readonly #note: (what: string) => void
  readonly #count: (kind: string) => void
  readonly #entries = new Map<string, Entry>()
  readonly #effectOf = new Map<string, Effect>()
  /** Without keys: the references that came along, and how many of their requests are being worked on. */
  readonly #references = new Map<string, { readonly since: number; executing: number }>()

  constructor(init: {
    readonly manner: ServerManner
    readonly time: VirtualTime
    readonly random: Random
    readonly note: (what: string) => void
    readonly count: (kind: string) => void
    readonly edges?: ServerEdges | undefined
    /** A key has ended for good: what a webhook tells. */
    readonly onSettled?: ((key: string, op: string, truth: Truth) => void) | undefined
  }) {
    this.#edges = init.edges ?? PLAIN
    this.#onSettled = init.onSettled ?? (() => {})
    this.manner = init.manner
    this.#time = init.time
    this.#random = init.random
    this.#note = init.note
    this.#count = init.count
  }

  effectsOf(key: string): number {
    return this.effects.filter(effect => effect.key === key).length
  }

  /** Of the thing that is changed: another has changed it once, and each effect changes it. */
  versionOf(op: string): number {
    return 2 + this.effects.filter(effect => effect.op === op).length
  }

  /** It stays where it was born; what it forgets, it forgets by age. */
  hasForgotten(): boolean {
    return false
  }

  isBentByClocks(): boolean {
    return false
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
    const place = placeOf(request, key)
    if (request.operation !== undefined) {
      if (this.manner.honoursKeys) this.#honour(request, answerWith)
      else this.#perform(request, undefined, answerWith)
    } else if (request.method === 'DELETE') answerWith(this.#seal(key, place))
    else {
      const lagMs = kind === 'ops' ? 0 : (this.manner.statusLagMs ?? 0)
      answerWith(this.#status(key, place, Math.max(lagMs, this.#goesBackMs())))
    }
  }

  /** A client has seen an answer that says so of this key. */
  sawAtWork(key: string): void {
    if (!this.#edges.forgetsWork || this.#toldAtWork.has(key)) return
    this.#toldAtWork.add(key)
    if (this.#random.chance(0.7)) this.#stubborn.add(key)
  }

  /** What is at work is in another table than what has ended, and some keys never reach a replica. */
  #forgetsWork(key: string): boolean {
    if (this.#healed || !this.#toldAtWork.has(key)) return false
    return this.#stubborn.has(key) || this.#random.chance(0.3)
  }

  /** Another replica answers, to which word of the latest has not come yet. */
  #goesBackMs(): number {
    if (this.#healed || this.#edges.backMs === 0 || this.#random.chance(0.5)) return 0
    this.#count('server: status goes back')
    return this.#edges.backMs
  }

  /** Seals what has not begun, so that what is told stays true. */
  reconcile(key: string, tell: (truth: Truth) => void): void {
    const entry = [...this.#entries.values()].find(candidate => candidate.key === key)
    if (entry?.word === 'processing') return tell('unclear')
    const effect = this.effects.find(candidate => candidate.key === key)
    if (effect !== undefined) return tell({ outcome: 'executed', data: resultOf(effect) })
    // Without keys a request that is still on its way would make any "no" untrue.
    if (!this.manner.honoursKeys) return tell('unclear')
    // Wherever it may still arrive.
    if (entry === undefined)
      for (const place of placesOf(key)) this.#entries.set(place, this.#sealed(key, place))
    tell({ outcome: 'not-executed' })
  }

  #honour(request: ServerRequest, reply: (answer: ServerAnswer) => void): void {
    const key = request.key ?? ''
    const place = placeOf(request, key)
    const entry = this.#entry(place)
    if (this.#edges.shape === 'conditional put' && entry?.word === 'succeeded') {
      this.#count('server: precondition fails')
      // Looked at before the key: what it names has changed, by this very operation.
      return reply(problem(412, 'changed'))
    }
    if (entry === undefined) {
      const fresh: Entry = {
        key,
        place,
        body: contentOf(request),
        claimedAt: this.#time.now,
        doneAt: undefined,
        answer: undefined,
        word: 'processing',
        result: undefined,
      }
      this.#entries.set(place, fresh)
      return this.#perform(request, fresh, reply)
    }
    if (entry.word === 'canceled') return reply(replayed(problem(410, 'key_sealed')))
    if (entry.body !== contentOf(request)) {
      this.#count('server: other payload under a key')
      return reply(problem(422, 'other_payload'))
    }
    if (entry.answer === undefined) {
      this.#count('server: asked for a key in progress')
      return reply(this.#inProgress(key, request.space))
    }
    this.#count('server: replay')
    reply(replayed(entry.answer))
  }

  #inProgress(key: string, space = '1'): ServerAnswer {
    if (this.manner.inProgress === '202')
      return {
        status: 202,
        headers: { ...JSON_TYPE, location: `${space === '1' ? '' : '/v2'}/ops/${key}` },
        body: this.#atWork(),
      }
    const busy = problem(409, 'in_progress')
    return this.manner.inProgress === 'bare-409'
      ? busy
      : { ...busy, headers: { ...busy.headers, 'retry-after': '1' } }
  }

  #atWork(): string {
    return JSON.stringify({ status: this.#edges.progressWord })
  }

  #decline(status: number): ServerAnswer {
    if (this.#edges.verdict !== 'none')
      return { status: 200, headers: JSON_TYPE, body: '{"errors":[{"message":"declined"}]}' }
    if (!this.#edges.typedConflicts) return problem(status, 'declined')
    const body = JSON.stringify({ type: 'https://shop.example/out-of-stock', title: 'out of stock' })
    return { status: 409, headers: JSON_TYPE, body }
  }

  #perform(request: ServerRequest, entry: Entry | undefined, reply: (answer: ServerAnswer) => void): void {
    const { manner } = this
    const fails = !this.#healed && this.#random.chance(manner.storedFailures)
    const declines = !this.#healed && !fails && this.#random.chance(manner.declines)
    if (declines && !manner.storesDeclines) {
      this.#count('server: declined, not stored')
      if (entry !== undefined) this.#entries.delete(entry.place)
      return reply(this.#decline(this.#random.pick([400, 402, 404, 422])))
    }
    const takesMs = this.#duration()
    const place = placeOf(request, request.key ?? '')
    const reference = this.#references.get(place) ?? { since: this.#time.now, executing: 0 }
    this.#references.set(place, reference)
    reference.executing++
    const isAsync = entry !== undefined && manner.inProgress === '202' && takesMs > 1_000
    if (isAsync) reply(this.#inProgress(entry.key, request.space))
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
    const already = entry === undefined ? this.#alreadyDone(request) : undefined
    if (already !== undefined) return already
    const happens = !declines && (!fails || this.#random.chance(0.5))
    const effect = happens ? this.#effect(request) : undefined
    let answer: ServerAnswer
    if (declines) {
      this.#count('server: declined, stored')
      answer = this.#decline(402)
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
    const key = request.key ?? ''
    const { op = '' } = request.operation ?? {}
    if (effect !== undefined) this.#onSettled(key, op, { outcome: 'executed', data: resultOf(effect) })
    else if (entry !== undefined && declines) this.#onSettled(key, op, { outcome: 'not-executed' })
    return answer
  }

  /** Without keys: what has been done is refused in the words of its method. */
  #alreadyDone({ operation, headers }: ServerRequest): ServerAnswer | undefined {
    const { shape, changedBefore } = this.#edges
    if (changedBefore) {
      const isCurrent = headers['if-match'] === `"v${this.versionOf(operation?.op ?? '')}"`
      if (!isCurrent) this.#count('server: changed before')
      return isCurrent ? undefined : problem(412, 'changed')
    }
    if (shape === 'post' || this.effects.every(({ op }) => op !== operation?.op)) return undefined
    this.#count('server: refused, as it was done')
    switch (shape) {
      case 'put':
        return problem(409, 'exists')
      case 'delete':
        return problem(this.#random.pick([404, 410]), 'gone')
      case 'empty post':
        return problem(422, 'already')
      case 'conditional put':
        return problem(412, 'changed')
      default:
        return shape satisfies never
    }
  }

  #effect(request: ServerRequest): Effect {
    const { op, item } = request.operation!
    const { fetchId, key = '' } = request
    const effect = { id: this.effects.length + 1, at: this.#time.now, key, op, item, fetchId }
    this.effects.push(effect)
    const place = placeOf(request, key)
    if (!this.#effectOf.has(place)) this.#effectOf.set(place, effect)
    this.#note(`EFFECT ${effect.id} of ${op} (${item}) under ${key}`)
    return effect
  }

  #status(key: string, place: string, lagMs: number): ServerAnswer {
    if (this.#forgetsWork(key)) {
      this.#count('server: status forgets what is at work')
      return problem(404, 'no_such_key')
    }
    if (!this.manner.honoursKeys) return this.#statusByEffect(place, lagMs)
    const entry = this.#entry(place)
    const asOf = this.#time.now - lagMs
    if (entry === undefined || entry.claimedAt > asOf) {
      if (entry !== undefined) this.#count('server: status lags')
      return problem(404, 'no_such_key')
    }
    if (entry.doneAt === undefined || entry.doneAt > asOf)
      return { status: 200, headers: JSON_TYPE, body: this.#atWork() }
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
  #statusByEffect(place: string, lagMs: number): ServerAnswer {
    const found = this.#effectOf.get(place)
    const effect = found !== undefined && found.at <= this.#time.now - lagMs ? found : undefined
    const reference = this.#references.get(place)
    const isAtWork =
      reference !== undefined && reference.executing > 0 && reference.since <= this.#time.now - lagMs
    if (effect === undefined && isAtWork) return { status: 202, headers: JSON_TYPE, body: this.#atWork() }
    if (effect === undefined) return problem(404, 'no_such_key')
    return {
      status: 200,
      headers: JSON_TYPE,
      body: JSON.stringify({ status: 'succeeded', result: resultOf(effect) }),
    }
  }

  #seal(key: string, place: string): ServerAnswer {
    const entry = this.#entry(place)
    if (entry === undefined) {
      this.#count('server: sealed')
      this.#entries.set(place, this.#sealed(key, place))
      return { status: 200, headers: JSON_TYPE, body: '{"status":"canceled"}' }
    }
    if (entry.word === 'processing') return { status: 202, headers: JSON_TYPE, body: this.#atWork() }
    const body =
      entry.word === 'succeeded' ? { status: 'succeeded', result: entry.result } : { status: 'canceled' }
    return { status: 200, headers: JSON_TYPE, body: JSON.stringify(body) }
  }

  #sealed(key: string, place: string): Entry {
    const { now } = this.#time
    return {
      key,
      place,
      body: '',
      claimedAt: now,
      doneAt: now,
      answer: undefined,
      word: 'canceled',
      result: undefined,
    }
  }

  /** A seal stays; everything else is forgotten at the end of the retention. */
  #entry(place: string): Entry | undefined {
    const entry = this.#entries.get(place)
    if (entry === undefined || entry.word === 'canceled' || entry.doneAt === undefined) return entry
    if (this.#time.now < entry.claimedAt + retentionAt(entry.claimedAt, this.manner, this.#edges))
      return entry
    this.#count('server: key forgotten')
    this.#note(`forgets ${entry.key}`)
    this.#entries.delete(place)
    return undefined
  }

  #dated(answer: ServerAnswer): ServerAnswer {
    if (!this.manner.hasDate) return answer
    const mayBeWrong = this.#edges.wrongDates && !this.#healed && !this.#hasBeenWrong
    const isWrong = mayBeWrong && this.#random.chance(1 / 3)
    if (isWrong) this.#count('server: a wrong Date')
    this.#hasBeenWrong ||= isWrong
    const offMs = isWrong ? this.#random.pick([-3, 3]) * 86_400_000 : 0
    const date = new Date(EPOCH + this.#time.now + offMs).toUTCString()
    return { ...answer, headers: { ...answer.headers, date } }
  }
}

/** How long a key is remembered that was first seen then: a deployment may have raised it since. */
export function retentionAt(
  at: number,
  { retentionMs }: Pick<ServerManner, 'retentionMs'>,
  edges: Pick<ServerEdges, 'raisedAt'> | undefined,
): number {
  return edges?.raisedAt !== undefined && at >= edges.raisedAt ? 2 * retentionMs : retentionMs
}

/** Keys of one account, and of one deployment, are not those of another. */
function placeOf({ account = 'A', space = '1' }: ServerRequest, key: string): string {
  return `${account} ${space} ${key}`
}

function placesOf(key: string): readonly string[] {
  return ['A', 'B'].flatMap(account => ['1', '2'].map(space => `${account} ${space} ${key}`))
}

function contentOf({ body, operation }: ServerRequest): string {
  return body === '' ? JSON.stringify(operation) : body
}

function problem(status: number, code: string): ServerAnswer {
  return { status, headers: JSON_TYPE, body: JSON.stringify({ code }) }
}

function replayed(answer: ServerAnswer): ServerAnswer {
  return { ...answer, headers: { ...answer.headers, 'idempotent-replayed': 'true' } }
}
