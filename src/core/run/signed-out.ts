import type { Progress } from './run-progress.ts'
import type { Step } from './step.ts'

/** Answers in a row, to sends and asks, that wanted to know who it is: only a person can change that. */
const SIGN_INS_IN_A_ROW = 3
/** Asks that find nothing after a refusal, at most: then the run ends, and whoever watches goes on. */
const ASKS_ABOUT_A_REFUSAL = 3

/** Asking on brings nothing before somebody signs in. */
export function isSignedOut({ signInsInARow, lastAsk }: Progress): boolean {
  return lastAsk?.kind === 'inconclusive' && signInsInARow >= SIGN_INS_IN_A_ROW
}

/**
 * A send was refused, and the server knows nothing of the key: the same again brings the same. At once where it asks who
 * it is; another refusal may be given again as the key's own, and is asked about a few times.
 */
export function isTurnedAway({ last, lastAsk, signInsInARow, asks }: Progress): boolean {
  const isRefused = last?.kind === 'rejected' && last.hint !== 'retry' && lastAsk?.kind === 'absent'
  return isRefused && (signInsInARow > 0 || asks >= ASKS_ABOUT_A_REFUSAL)
}

export const SIGNED_OUT: Step = {
  kind: 'stop',
  code: 'unresolved',
  reason: 'the server asks who is logged in before it says what became of the operation',
  advice: 'sign-in',
}
