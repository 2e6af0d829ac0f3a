import { isCut, isPage, isRedirect, redirectTarget } from './answer-marks.ts'
import type { Answer } from './evidence.ts'
import type { NamedKey } from './named-key.ts'
import type { Profile } from './profile.ts'
import { showsOperation } from './shows-operation.ts'
import type { StatusReading } from './status-answer.ts'
import type { Verdict } from './verdict-kinds.ts'

/*
 * What the answer to a poll or a status request is worth, whether the usual forms or the definition's own `read` read
 * it:
 *
 *   names another key               nothing: it is about another operation
 *   cut, or an empty success        nothing: half an answer is none
 *     that should have a body
 *   from another place              nothing: see redirected-ask.ts
 *   "executed", "at work"           what was read
 *   "absent" or "not executed"
 *     after or at a redirect        nothing: another place may have the result, but does not know what is missing
 *   "absent"
 *     a page, or bytes              nothing
 *     names no key, though this     no proof, whatever `absentAfter` says
 *       server's answers name it
 *     304; 410 by the usual forms   no proof: 304 is about a kept answer, 410 about something that was there once
 *
 * An answer that proves nothing may still show that the server knows of the operation: see shows-operation.ts. If a
 * definition calls that very answer a "not found", it has seen nothing of the operation in it.
 */

/** What was read, and when to ask again if the definition's `read` returns that. */
export type Read = StatusReading & { readonly retryAfterMs?: number | undefined }

/** `isProof: false`: whatever `absentAfter` says, this "not found" proves nothing. */
export type AskReading =
  | Exclude<Read, { kind: 'absent' }>
  | (Extract<Read, { kind: 'absent' }> & { readonly isProof?: boolean | undefined })

/** What the answer alone does not show. */
export type AskedAbout = {
  /** Which key the answer names; `own` if the profile does not state that answers name their key. */
  readonly named: NamedKey
  /** An empty success is less than what the server sent. */
  readonly waitsForBody: boolean
  /** The definition's own `read` reads the answer. */
  readonly isOwnReading: boolean
  readonly profile: Profile
}

/** Why an answer is not read at all; undefined if it is read. */
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

/** Weighs what was read. */
export function weighed(answer: Answer, reading: Read, asking: AskedAbout): AskReading {
  const counted = counts(answer, reading, asking)
  const isOpen = counted.kind === 'inconclusive' || counted.kind === 'absent'
  // If a server's answers name their key, an answer that names none shows nothing about the operation.
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

/** What a replay of the operation's own answer shows. An answer that proves nothing to a send proves nothing here. */
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
