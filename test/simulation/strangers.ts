import type { Exchange, ServerAnswer, ServerRequest } from './server-side.ts'

export type StrangerKind =
  | 'stranger sends'
  | 'stranger asks'
  | 'stranger seals'
  | 'half a body'
  | 'malformed body'

export type StrangersInit = {
  readonly send: (request: ServerRequest, exchange: Exchange) => void
  readonly violate: (rule: string, detail: string) => void
  readonly count: (kind: string) => void
}

const JSON_TYPE = { 'content-type': 'application/json' }

const METHODS = { 'stranger sends': 'POST', 'stranger asks': 'GET', 'stranger seals': 'DELETE' } as const

/** Those who use the server beside the clients: another user whose keys are alike, and who sends what is no request. */
export class Strangers {
  readonly #init: StrangersInit
  #odd = 0

  constructor(init: StrangersInit) {
    this.#init = init
  }

  act(kind: StrangerKind, known: string | undefined): void {
    switch (kind) {
      case 'stranger sends':
      case 'stranger asks':
      case 'stranger seals':
        if (known !== undefined) this.#alike(kind, known)
        return undefined
      case 'half a body':
        return this.#odds(known ?? this.#oddKey(), '{"op":"x","item":"lamp"}', { breaksOff: true })
      case 'malformed body':
        return this.#odds(this.#oddKey(), '{"op":"x","it', {})
      default:
        return kind satisfies never
    }
  }

  /** The same key of two users is two keys. */
  #alike(kind: 'stranger sends' | 'stranger asks' | 'stranger seals', key: string): void {
    const headers = { ...JSON_TYPE, 'idempotency-key': key, 'x-user': 'stranger' }
    const answer = ({ body, status }: ServerAnswer) => {
      this.#init.count(`${kind}: answered`)
      const isOthers = body.includes('"effect"') || (kind === 'stranger sends' && status === 422)
      if (isOthers)
        this.#init.violate('nobody else’s', `another user was answered ${status} ${body} of ${key}`)
    }
    const isSend = kind === 'stranger sends'
    this.#init.send(
      {
        fetchId: -1,
        method: METHODS[kind],
        path: isSend ? '/orders' : `/orders/by-key/${key}`,
        key,
        headers,
        body: isSend ? '{"op":"x","item":"lamp"}' : '',
      },
      { answer, lost: () => {} },
    )
  }

  /** What is no whole request executes nothing, and leaves nothing. */
  #odds(key: string, body: string, more: { readonly breaksOff?: boolean }): void {
    const headers = { ...JSON_TYPE, 'idempotency-key': key }
    const answer = ({ status }: ServerAnswer) => {
      if (status < 300) this.#init.violate('half a request is none', `${key} was answered ${status}`)
    }
    this.#init.send(
      { fetchId: -1, method: 'POST', path: '/orders', key, headers, body, ...more },
      { answer, lost: () => {} },
    )
  }

  #oddKey(): string {
    return `odd-${this.#odd++}`
  }
}
