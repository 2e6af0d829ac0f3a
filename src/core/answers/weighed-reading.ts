import { isCut, isPage, isRedirect, redirectTarget } from './answer-marks.ts'
import type { Answer } from './evidence.ts'
import type { NamedKey } from './named-key.ts'
import type { Profile } from './profile.ts'
import { showsOperation } from './shows-operation.ts'
import type { StatusReading } from './status-answer.ts'
import type { Verdict } from './verdict-kinds.ts'

/*
 * What the answer to a poll or a status request is worth, whoever read it, the usual forms or the definition's own `read`:
 *
 *   names another key               nothing: it is about another operation
 *   cut, or an empty success        nothing: half an answer is none
 *     that should have a body
 *   of another place                nothing: see redirected-ask.ts
 *   "executed", "at work"           what it says
 *   "absent" or "not executed"
 *     after or at a redirect        nothing: what is elsewhere may bring the result, and knows nothing of what there is not
 *   "absent"
 *     a page, or bytes              nothing
 *     names no key, though this     no proof, whatever `absentAfter` says
 *       server's answers name it
 *     304; 410 by the usual forms   no proof: "not modified" is said of what was kept before, "gone" of what was there once
 *
 * What proves nothing may show all the same that the server knows of the operation: see shows-operation.ts. A definition
 * that calls the very answer a "not found" has seen nothing of the operation in it.
 */

/** What was read, and when to ask again, where the definition's `read` says so. */
export type Read = StatusReading & { readonly retryAfterMs?: number | undefined }

/** `isProof: false`: whatever `absentAfter` says, this "not found" proves nothing. */
export type AskReading =
  | Exclude<Read, { kind: 'absent' }>
  | (Extract<Read, { kind: 'absent' }> & { readonly isProof?: boolean | undefined })

/** What the answer alone does not show. */
export type AskedAbout = {
  /** Which key the answer names; `own` where the profile does not say that its answers name theirs. */
  readonly named: NamedKey
  /** An empty success is less than what the server said. */
  readonly waitsForBody: boolean
  /** The definition's own `read` reads it. */
  readonly isOwnReading: boolean
  readonly profile: Profile
}

/** Why an answer is not read at all; undefined where it is. */
export function whyNotRead(
  answer: Answer,
  { named, waitsForBody }: Pick<AskedAbout, 'named' | 'waitsForBody'>,
): string | undefined {
  if (named === 'another') return 'the answer names another key than the one that was asked about'
  if (answer.body.kind === 'cut' || isCut(answer, waitsForBody)) return 'the answer was cut'
  if (answer.ledTo === 'elsewhere')
    return 'the question was redirected, and the page there is not about the operation'
  return undefined
}

/** What counts of what was read. */
export function weighed(answer: Answer, reading: Read, asking: AskedAbout): AskReading {
  const counted = counts(answer, reading, asking)
  const isOpen = counted.kind === 'inconclusive' || counted.kind === 'absent'
  // A server whose answers name the key has said nothing of it where none is named.
  if (!isOpen || asking.named !== 'own') return counted
  const isDenied = counted.kind === 'absent' && asking.isOwnReading
  return !isDenied && showsOperation(answer, asking.profile) ? { ...counted, isThere: true } : counted
}

function counts(answer: Answer, reading: Read, { named, isOwnReading }: AskedAbout): AskReading {
  const denies = reading.kind === 'absent' || reading.kind === 'not-executed'
  if (denies && (answer.ledTo !== undefined || isRedirect(answer)))
    return inconclusive(`the question was redirected${redirectTarget(answer)}, which proves nothing`)
  if (reading.kind !== 'absent') return reading
  if (isPage(answer)) return inconclusive('a page came instead of data')
  if (answer.body.kind === 'whole' && answer.body.form === 'binary')
    return inconclusive('neither data nor a text came')
  const isOfNow = answer.status !== 304 && (answer.status !== 410 || isOwnReading)
  return named !== 'none' && isOfNow ? reading : { ...reading, isProof: false }
}

/** What the operation's own answer, given again, says of it: what proves nothing to a send proves nothing here. */
export function readingOfReplay(verdict: Verdict): StatusReading {
  switch (verdict.kind) {
    case 'succeeded':
      return { kind: 'executed', data: undefined, form: 'body' }
    case 'processing':
      return { kind: 'processing' }
    case 'rejected':
    case 'conflict':
      return verdict.conclusive ? { kind: 'not-executed' } : inconclusive(verdict.reason)
    case 'not-sent':
    case 'unknown':
    case 'mismatch':
    case 'try-again':
      return inconclusive(verdict.reason)
    default:
      return verdict satisfies never
  }
}

function inconclusive(reason: string): Extract<StatusReading, { kind: 'inconclusive' }> {
  return { kind: 'inconclusive', reason }
}
