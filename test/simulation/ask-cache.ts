import type { ServerAnswer } from './server-side.ts'

export type CacheKind = 'deaf proxy' | 'obeying proxy' | 'browser'

/** How a request came that a cache may answer. */
export type Asked = {
  readonly url: string
  readonly pid: number
  readonly headers: Headers
  readonly mode: RequestCache | undefined
}

/** So long is kept what says nothing of caching: Varnish's default, and a guess of others. */
const KEPT_MS = { 'deaf proxy': 120_000, 'obeying proxy': 600_000, browser: 600_000 } as const

/** A cache between the clients and the server: it keeps a 200 and a 404 to a GET, and says how old they are. */
export class AskCache {
  readonly #kind: CacheKind
  readonly #kept = new Map<string, { readonly answer: ServerAnswer; readonly at: number }>()
  #healed = false

  constructor(kind: CacheKind) {
    this.#kind = kind
  }

  /** One that does not listen is repaired; one that does as it is told stays. */
  heal(): void {
    this.#healed = this.#kind === 'deaf proxy'
  }

  find(asked: Asked, now: number): ServerAnswer | undefined {
    const kept = this.#kept.get(this.#nameOf(asked))
    if (this.#healed || kept === undefined || now - kept.at > KEPT_MS[this.#kind] || this.#isBypassed(asked))
      return undefined
    return this.#aged(kept.answer, now - kept.at)
  }

  pass(asked: Asked, answer: ServerAnswer, now: number): ServerAnswer {
    const isKept = answer.status === 200 || answer.status === 404
    const isForbidden = answer.headers['cache-control']?.includes('no-store') === true
    // What a page tells its browser's cache is nothing to a proxy.
    const isPassed = this.#kind === 'browser' && asked.mode === 'no-store'
    if (isKept && !isForbidden && !isPassed) this.#kept.set(this.#nameOf(asked), { answer, at: now })
    return this.#aged(answer, 0)
  }

  #nameOf({ url, pid }: Asked): string {
    return this.#kind === 'browser' ? `${pid} ${url}` : url
  }

  #isBypassed({ headers, mode }: Asked): boolean {
    if (this.#kind === 'deaf proxy') return false
    if (this.#kind === 'browser') return mode === 'no-store' || mode === 'no-cache' || mode === 'reload'
    return /no-cache|no-store/.test(headers.get('cache-control') ?? '')
  }

  /** A browser tells nobody how old its answer is. */
  #aged(answer: ServerAnswer, ageMs: number): ServerAnswer {
    if (this.#kind === 'browser') return answer
    return { ...answer, headers: { ...answer.headers, age: String(Math.floor(ageMs / 1_000)) } }
  }
}
