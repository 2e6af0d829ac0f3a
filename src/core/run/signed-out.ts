import type { Progress } from './run-progress.ts'
import type { Step } from './step.ts'

/** Answers in a row, to sends and asks, that wanted to know who it is: only a person can change that. */
const SIGN_INS_IN_A_ROW = 3

/** Asking on brings nothing before somebody signs in. */
export function isSignedOut({ signInsInARow, lastAsk }: Progress): boolean {
  return lastAsk?.kind === 'inconclusive' && signInsInARow >= SIGN_INS_IN_A_ROW
}

export const SIGNED_OUT: Step = {
  kind: 'stop',
  code: 'unresolved',
  reason: 'the server asks who is logged in before it says what became of the operation',
  advice: 'sign-in',
}
