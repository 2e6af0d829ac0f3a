import type { ServerAnswer } from './answer.ts'

/**
 * What a handler threw, with the answer that its framework made of it: an adapter throws it in the error's place,
 * so that the answer is written down before it goes out.
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
