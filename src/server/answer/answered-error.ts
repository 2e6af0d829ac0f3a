import type { ServerAnswer } from './answer.ts'

/**
 * An error of a handler, together with the response that its framework made from it. An adapter throws this instead
 * of the error, so that the response is recorded before it is sent.
 */
export class AnsweredError extends Error {
  override readonly name = 'AnsweredError'
  readonly error: unknown
  readonly answer: ServerAnswer

  constructor(error: unknown, answer: ServerAnswer) {
    super('The handler threw, and its framework has answered.', { cause: error })
    this.error = error
    this.answer = answer
  }
}
