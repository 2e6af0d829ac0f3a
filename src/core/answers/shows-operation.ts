import { objectOr, saysOnlyThatItFailed } from './answer-forms.ts'
import { isPage, isProblem, isRedirect } from './answer-marks.ts'
import { saysAtWork } from './words-of-work.ts'
import { STATUS_WORDS, wordLists, wordOf } from './answer-words.ts'
import { markupOf } from './body-form.ts'
import type { Answer } from './evidence.ts'
import type { Profile } from './profile.ts'

/**
 * Whether an answer to an ask that proves nothing shows all the same that the server knows of the operation: a "not found"
 * that comes later is a replica's that lags behind, and no proof. It does by
 *
 * - data with a 2xx: an object or a list with something in it, also the first part of one that was cut, and XML;
 * - 409 and 423, which are said of what is there; 410, of what was there;
 * - a 404 beside a word that it was executed or is at work.
 *
 * An answer does not show it by what a proxy says in the server's place, and what describes nothing, so that people are not stranded by one
 * such answer: a page, a text, a number, `null`, `{}`, `[]`, no body; an object with only the word that asking
 * failed (`{"success":false,"error":"unavailable"}`), unless that says that something is under way; the answer of another
 * place, and any other status: a 401, 403, 429 or 5xx is said before anybody has looked.
 */
export function showsOperation(answer: Answer, profile: Profile): boolean {
  const { status, body } = answer
  if (answer.ledTo === 'elsewhere' || isRedirect(answer) || isPage(answer)) return false
  if (status === 409 || status === 410 || status === 423) return true
  if (status === 404) return contradictsItself(answer, profile)
  if (status < 200 || status > 299) return false
  if (body.kind === 'cut')
    return /^\s*(?:\{\s*"|\[\s*[^\s\]])/.test(body.text) || markupOf(body.text) !== 'none'
  if (body.form !== 'json') return markupOf(body.text) === 'xml'
  if (Array.isArray(body.parsed)) return body.parsed.length > 0
  const object = objectOr(body.parsed)
  if ('reason' in object) return false
  return !(isProblem(answer) || saysOnlyThatItFailed(object.said)) || saysAtWork(body.text)
}

/** A "not found" that says how far the operation has come. */
export function contradictsItself({ body, status }: Answer, profile: Profile): boolean {
  if (status !== 404 && status !== 410) return false
  const object = objectOr(body.kind === 'whole' ? body.parsed : undefined)
  if ('reason' in object) return false
  const word = wordOf(object.said, profile.status?.field, wordLists(profile.status, STATUS_WORDS))
  return word.kind === 'word' && (word.means === 'executed' || word.means === 'processing')
}
