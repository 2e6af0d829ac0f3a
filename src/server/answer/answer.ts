import type { AnswerOutcome } from '../core/key-state.ts'
import type { OwnAnswer } from '../core/problem.ts'
import { bytesAtHand, keepAtHand } from './bodies.ts'
import { HeaderTable } from './header-table.ts'

/*
 * An answer on its way out: a Response from a handler, or plain data. A Response is made from the data only for a
 * caller that needs a Response, because making one costs more than everything else that happens to the data here.
 */

export type ServerAnswer = PlainAnswer | Response

export type ServerBody = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> | null

type Parts = {
  readonly status: number
  readonly statusText?: string | undefined
  readonly headers?: HeaderTable | undefined
  readonly body?: ServerBody | undefined
  /**
   * Given instead of `body`: the bytes are made when they are requested. Given beside `body`: the same content, if it
   * is known.
   */
  readonly text?: string | undefined
}

/** Where an answer comes from. Both fields are undefined if the handler gave the answer to this request. */
export type Origin = {
  /** The server's own answer. */
  readonly told?: OwnAnswer | undefined
  /**
   * The outcome in the record that this answer repeats. The status alone cannot show it, because a person may have
   * chosen it.
   */
  readonly outcome?: AnswerOutcome | undefined
}

export class PlainAnswer {
  readonly status: number
  readonly statusText: string
  readonly headers: HeaderTable
  /**
   * The same content as `body`, if it is known. It needs no decoding or encoding, and Node writes it together with
   * the head.
   */
  readonly text: string | undefined
  readonly origin: Origin | undefined
  #body: ServerBody | undefined

  /** Throws a RangeError if the status cannot be the status of an answer. */
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

/** The body of an answer, as bytes if they are known. */
export function bodyOfAnswer(answer: ServerAnswer): ServerBody {
  return answer instanceof PlainAnswer ? answer.body : (bytesAtHand(answer) ?? answer.body)
}

/** The answer as a Response, for a caller that needs one. */
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

/** Whether the handler gave the answer to this request, so that it is neither a replay nor the server's own answer. */
export function isOwnAnswer(answer: ServerAnswer): boolean {
  return originOf(answer) === undefined
}
