import type { Progress } from './run-progress.ts'
import type { Step } from './step.ts'

/**
 * After this many answers in a row that required a login, to sends and asks alike, only a person can change anything.
 */
const SIGN_INS_IN_A_ROW = 3
/** How many asks may find nothing after a refusal. Then the run ends, and a watch goes on. */
const ASKS_ABOUT_A_REFUSAL = 3

/** Whether to stop asking, because further asks bring nothing before somebody signs in. */
export function isSignedOut({ signInsInARow, lastAsk }: Progress): boolean {
  return lastAsk?.kind === 'inconclusive' && signInsInARow >= SIGN_INS_IN_A_ROW
}

/**
 * Whether a send was refused and the server knows nothing of the key, so that the same request would bring the same
 * refusal. One answer that requires a login is enough. Any other refusal might be the stored answer to this key, given
 * again, so the run first asks about it a few times.
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
