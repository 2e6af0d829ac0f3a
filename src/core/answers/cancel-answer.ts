import { fieldOf, isThere, objectOr, refusingField, resultIn, tells } from './answer-forms.ts'
import { isPage, isRedirect, redirectTarget } from './answer-marks.ts'
import { CANCEL_WORDS, shownWord, wordLists, wordOf } from './answer-words.ts'
import type { Answer } from './evidence.ts'
import { isRegistered } from './http-status.ts'
import type { NamedKey } from './named-key.ts'
import type { AnswerWords } from './profile.ts'

/** What an answer to a cancel request proves. Only `sealed` means that the server refuses the key from now on. */
export type SealReading =
  | { readonly kind: 'sealed' }
  | { readonly kind: 'executed'; readonly data: unknown; readonly form: 'body' | 'data' }
  | { readonly kind: 'processing' }
  | { readonly kind: 'inconclusive'; readonly reason: string }

/**
 * Why the answer to a cancel is not read at all; undefined if it is read. `isOfNow`: the answer was made for this very
 * cancel.
 */
export function whyNoSeal(answer: Answer, isOfNow: boolean): string | undefined {
  if (answer.ledTo !== undefined || isRedirect(answer))
    return `the cancel was redirected${redirectTarget(answer)}: it was not delivered`
  return isOfNow ? undefined : 'the answer to the cancel is an old one, out of a cache'
}

/**
 * Weighs what was read by the key that the answer names. A proxy that changed the URL may have had another key sealed.
 */
export function sealOfKey(reading: SealReading, named: NamedKey): SealReading {
  switch (named) {
    case 'own':
      return reading
    case 'another':
      return inconclusive('the answer to the cancel names another key')
    case 'none':
      return reading.kind === 'sealed' ? inconclusive(NAMELESS) : reading
    default:
      return named satisfies never
  }
}

const NAMELESS = 'the answer to the cancel does not name the key, as this server does: it proves nothing'

/**
 * Reads a cancel answer under a profile that describes such answers: 202, or the word in the profile's field. Any other
 * 2xx seals nothing: `{"status":"paid"}` means that the cancel came too late, and a body without a word means nothing.
 * A "not found" seals nothing either, because the first attempt may still arrive.
 */
export function readCancel(answer: Answer, words: AnswerWords | undefined): SealReading {
  const { status, body } = answer
  if (status < 200 || status > 299 || !isRegistered(status))
    return { kind: 'inconclusive', reason: `the server answered ${status} to the cancel` }
  if (body.kind === 'cut') return inconclusive('the answer to the cancel was cut')
  if (isPage(answer)) return inconclusive('a page came instead of data')
  if (status === 202) return { kind: 'processing' }
  const object = objectOr(body.parsed)
  if ('reason' in object) return inconclusive(object.reason)
  const { said } = object
  const refusing = refusingField(said)
  if (refusing !== undefined) return inconclusive(`the answer to the cancel carries \`${refusing}\``)
  const word = wordOf(said, words?.field, wordLists(words, CANCEL_WORDS))
  if (word.kind === 'none') return inconclusive('the answer to the cancel names no status')
  if (word.kind === 'no-word') return inconclusive(word.reason)
  if (said['done'] === false && word.means !== 'processing')
    return inconclusive('the answer to the cancel says that it is not done, and something else')
  // Google AIP-151: an operation that is done and has a response was executed.
  if (said['done'] === true && isThere(said['response']) && word.means !== 'executed')
    return inconclusive(
      'the answer to the cancel carries the `response` of what is done, and says something else',
    )
  if (tells(fieldOf(said, 'error')) && word.means !== 'not-executed')
    return inconclusive('the answer to the cancel carries `error`')
  switch (word.means) {
    case 'sealed':
    case 'not-executed':
      return { kind: 'sealed' }
    case 'executed':
      return executed(resultIn(said))
    case 'processing':
      return { kind: 'processing' }
    case 'unknown':
      return inconclusive(
        `the server answered the cancel with "${shownWord(word.said)}", which is not known to mean cancelled: \`cancel.read\` or the profile can say what it means`,
      )
    default:
      return word.means satisfies never
  }
}

function executed(data: unknown): SealReading {
  return { kind: 'executed', data, form: data === undefined ? 'body' : 'data' }
}

function inconclusive(reason: string): SealReading {
  return { kind: 'inconclusive', reason }
}
