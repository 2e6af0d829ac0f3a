import { fieldOf, isVoid, looksLikeResult, objectOr, refusingField, resultIn, tells } from './answer-forms.ts'
import { isPage, isProblem } from './answer-marks.ts'
import { isReplay } from './matching-rule.ts'
import type { Word } from './answer-words.ts'
import {
  STATUS_WORDS,
  isUsualProgress,
  provisioningOf,
  shownWord,
  wordLists,
  wordOf,
} from './answer-words.ts'
import type { Answer } from './evidence.ts'
import { isRegistered } from './http-status.ts'
import type { Profile } from './profile.ts'
import { contradictsItself } from './shows-operation.ts'

/**
 * What an answer to a poll or a status query shows about the operation. `word`: a status that no definition explains.
 */
export type StatusReading =
  | {
      readonly kind: 'executed'
      readonly data: unknown
      /**
       * Where the result is: in the answer's body, in `data`, or elsewhere: at `resultAt`, if the answer names that.
       */
      readonly form: 'body' | 'data' | 'elsewhere'
      readonly resultAt?: string | undefined
    }
  | { readonly kind: 'not-executed'; readonly error?: unknown }
  | {
      readonly kind: 'processing'
      readonly word?: string | undefined
      /** The profile takes every word that is no end for progress, this one included. */
      readonly isTakenForProgress?: true
    }
  | ({ readonly kind: 'absent' } & Shown)
  | ({ readonly kind: 'inconclusive'; readonly reason: string; readonly word?: string | undefined } & Shown)

/** The answer shows that the server knows of the operation, whatever else it contains: see shows-operation.ts. */
type Shown = { readonly isThere?: true | undefined }

/** What the answer alone cannot decide. */
export type OpenReading =
  /** An answer that is marked as a replay is judged as the operation's own answer. */
  | { readonly kind: 'own-answer' }
  /** An answer without a status word: `response` decides whether it is the result. */
  | { readonly kind: 'resource'; readonly otherwise: StatusReading }

export type StatusContext = {
  readonly profile: Profile
  /**
   * How the operation was asked about: by the definition's status request; at a monitor (`Operation-Location`,
   * `Azure-AsyncOperation`), which answers in words; or at the `Location` of a 202, which answers with 202 while the
   * server is at work, and then with words or with the operation's own answer.
   */
  readonly asked: 'status' | 'monitor' | 'location'
  /** The definition has a `response` schema. */
  readonly hasSchema: boolean
}

/**
 * Reads the usual forms, for definitions without `read`, in this order: what is cut, a replay, a page; 202; 404 and
 * 410; the other statuses that are no 2xx; forms that report nothing or something wrong; a boolean `done` with `error`
 * or `response` (Google AIP-151); the word in the profile's field, else in `status`, else in `state`; and without a
 * word, the operation's `response`. Anything else is inconclusive: a failed poll is no failed operation.
 */
export function readStatus(answer: Answer, context: StatusContext): StatusReading | OpenReading {
  const { status, body } = answer
  if (body.kind === 'cut') return inconclusive('the answer was cut')
  if (isReplay(answer, context.profile)) return { kind: 'own-answer' }
  if (isPage(answer)) return inconclusive('a page came instead of data')
  if (status === 202) return { kind: 'processing' }
  if (contradictsItself(answer, context.profile))
    return inconclusive(`${status}, but the answer names a status`)
  if (status === 404 || status === 410) return { kind: 'absent' }
  if (status < 200 || status > 299 || !isRegistered(status))
    return inconclusive(`the server answered ${status}`)
  if (isProblem(answer)) return inconclusive('the answer is a problem document')
  const object =
    body.form === 'json' || body.text === ''
      ? objectOr(body.parsed)
      : { reason: 'a text came instead of data' }
  return 'reason' in object ? inconclusive(object.reason) : readObject(object.said, status, context)
}

function readObject(
  said: Readonly<Record<string, unknown>>,
  status: number,
  context: StatusContext,
): StatusReading | OpenReading {
  const refusing = refusingField(said)
  if (refusing !== undefined) return inconclusive(`the answer carries \`${refusing}\``)
  const own = wordOf(said, context.profile.status?.field, wordLists(context.profile.status, STATUS_WORDS))
  const word = own.kind === 'none' ? provisioningOf(said, context.profile) : own
  return agreed(said, byDone(said), byWord(said, word, context)) ?? withoutWord(said, status, context)
}

/** `done` and the word beside it must not contradict each other, nor an `error` that reports something wrong. */
function agreed(
  said: Readonly<Record<string, unknown>>,
  done: StatusReading | undefined,
  word: StatusReading | undefined,
): StatusReading | undefined {
  const isKnown = word !== undefined && word.kind !== 'inconclusive' && !('word' in word)
  if (done !== undefined && isKnown && done.kind !== word.kind)
    return inconclusive('`done` says something else than the status beside it')
  const reading = done ?? word
  if (tells(fieldOf(said, 'error')) && reading?.kind !== 'not-executed')
    return inconclusive('the answer carries `error`')
  return reading
}

/** Google AIP-151: `done` with `error` or `response`. Without these, `done` does not show how the operation ended. */
function byDone(said: Readonly<Record<string, unknown>>): StatusReading | undefined {
  const { done, error, response } = said
  if (typeof done !== 'boolean') return undefined
  const hasResponse = response !== undefined && response !== null
  if (!done) return hasResponse ? inconclusive('`response` before it is done') : { kind: 'processing' }
  if (tells(error) && hasResponse) return inconclusive('`error` beside `response`')
  // An `error` of 0, or one with the code 0, proves nothing.
  if (tells(error)) return isVoid(error) ? undefined : { kind: 'not-executed', error }
  return hasResponse ? { kind: 'executed', data: response, form: 'data' } : undefined
}

function byWord(
  said: Readonly<Record<string, unknown>>,
  word: Word,
  context: StatusContext,
): StatusReading | undefined {
  if (word.kind === 'none') return undefined
  if (word.kind === 'no-word') return inconclusive(word.reason)
  switch (word.means) {
    case 'executed':
      return executedWith(said, context.profile.status?.fetchesResult === true)
    case 'not-executed':
    case 'sealed':
      return { kind: 'not-executed', error: fieldOf(said, 'error') ?? fieldOf(said, 'reason') }
    case 'processing':
      return context.profile.status?.processing !== 'others' || isUsualProgress(word.said)
        ? { kind: 'processing' }
        : { kind: 'processing', word: shownWord(word.said), isTakenForProgress: true }
    case 'unknown': {
      const shown = shownWord(word.said)
      return context.asked === 'status'
        ? { ...inconclusive(`the status is "${shown}"`), word: shown }
        : { kind: 'processing', word: shown }
    }
    default:
      return word.means satisfies never
  }
}

/** Only a 200 or 201 brings a result without a word. A 204 may as well mean that there is nothing to report. */
function withoutWord(
  said: Readonly<Record<string, unknown>>,
  status: number,
  context: StatusContext,
): StatusReading | OpenReading {
  if (status !== 200 && status !== 201)
    return inconclusive(`the server answered ${status}, and the answer names no status`)
  if (context.hasSchema)
    return {
      kind: 'resource',
      otherwise: inconclusive('the answer names no status, and `response` refuses it'),
    }
  if (context.asked === 'location' && looksLikeResult(said))
    return { kind: 'executed', data: undefined, form: 'body' }
  return inconclusive('the answer names no status')
}

function executedWith(said: Readonly<Record<string, unknown>>, isFetched: boolean): StatusReading {
  const data = resultIn(said)
  if (data !== undefined) return { kind: 'executed', data, form: 'data' }
  if (!isFetched) return { kind: 'executed', data: undefined, form: 'body' }
  const { resourceLocation } = said
  return {
    kind: 'executed',
    data: undefined,
    form: 'elsewhere',
    resultAt: typeof resourceLocation === 'string' ? resourceLocation : undefined,
  }
}

function inconclusive(reason: string): Extract<StatusReading, { kind: 'inconclusive' }> {
  return { kind: 'inconclusive', reason }
}
