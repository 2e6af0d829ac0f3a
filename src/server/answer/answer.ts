import type { AnswerOutcome } from '../core/key-state.ts'
import type { OwnAnswer } from '../core/problem.ts'
import { bytesAtHand, keepAtHand } from './bodies.ts'
import { HeaderTable } from './header-table.ts'

/*
 * An answer on its way out: a Response that somebody gave, or plain data. A Response is made of data only for who is
 * given one, because it costs more than all that is done with it here.
 */

export type ServerAnswer = PlainAnswer | Response

export type ServerBody = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> | null

type Parts = {
  readonly status: number
  readonly statusText?: string | undefined
  readonly headers?: HeaderTable | undefined
  readonly body?: ServerBody | undefined
  /** In place of `body`: its bytes are made for who asks for them. Beside it: the same, where it is known. */
  readonly text?: string | undefined
}

/** Whose words they are; neither where they are what the handler answers now. */
export type Origin = {
  /** What the server says in its own words. */
  readonly told?: OwnAnswer | undefined
  /** What the record says of which this is a replay: its status alone may be what somebody concluded with. */
  readonly outcome?: AnswerOutcome | undefined
}

export class PlainAnswer {
  readonly status: number
  readonly statusText: string
  readonly headers: HeaderTable
  /** The same as `body`, where it is known: neither decoded nor encoded again, and Node writes it with the head in one piece. */
  readonly text: string | undefined
  readonly origin: Origin | undefined
  #body: ServerBody | undefined

  /** Throws a RangeError for what is no status of an answer. */
  constructor({ status, statusText = '', headers = new HeaderTable(), body, text }: Parts, origin?: Origin) {
    if (!Number.isInteger(status) || status < 200 || status > 599)
      throw new RangeError(`${status} is no status that an answer can have.`)
    this.status = status
    this.statusText = statusText
    this.headers = headers
    this.#body = body
    this.text = text
    this.origin = origin
  }

  get body(): ServerBody {
    return (this.#body ??= this.text === undefined ? null : encoder.encode(this.text))
  }
}

const encoder = new TextEncoder()

/** What an answer holds: its bytes where they are at hand. */
export function bodyOfAnswer(answer: ServerAnswer): ServerBody {
  return answer instanceof PlainAnswer ? answer.body : (bytesAtHand(answer) ?? answer.body)
}

/** For who is given a Response. */
export function responseOfAnswer(answer: ServerAnswer): Response {
  if (!(answer instanceof PlainAnswer)) return answer
  const { status, statusText, body, origin } = answer
  const response = new Response(body, { status, statusText, headers: [...answer.headers] })
  if (origin !== undefined) ORIGINS.set(response, origin)
  return body instanceof Uint8Array ? keepAtHand(response, body) : response
}

const ORIGINS = new WeakMap<Response, Origin>()

export function originOf(answer: ServerAnswer): Origin | undefined {
  return answer instanceof PlainAnswer ? answer.origin : ORIGINS.get(answer)
}

/** Whether it is what the handler answers now: neither a replay nor the server's own words. */
export function isOwnAnswer(answer: ServerAnswer): boolean {
  return originOf(answer) === undefined
}
