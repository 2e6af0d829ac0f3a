import { objectOr, saysOnlyThatItFailed } from './answer-forms.ts'
import { isPage, isProblem, isRedirect } from './answer-marks.ts'
import { saysAtWork } from './words-of-work.ts'
import { STATUS_WORDS, wordLists, wordOf } from './answer-words.ts'
import { markupOf } from './body-form.ts'
import type { Answer } from './evidence.ts'
import type { Profile } from './profile.ts'

/**
 * Whether an answer to an ask that proves nothing still shows that the server knows of the operation. A later "not
 * found" then comes from a replica that lags behind, and is no proof. The following show it:
 *
 * - data with a 2xx: an object or a list with something in it, also the first part of one that was cut, and XML; - 409
 * and 423, which are about something that is there; 410, about something that was there; - a 404 beside a word that the
 * operation was executed or is at work.
 *
 * The following do not show it, because a proxy may send them in the server's place or because they describe nothing.
 * Otherwise one such answer would leave people stranded: a page, a text, a number, `null`, `{}`, `[]`, no body; an
 * object that only reports that the request failed (`{"success":false,"error":"unavailable"}`), unless it also reports
 * that something is under way; an answer from another place; and any other status, because a 401, 403, 429 or 5xx comes
 * before anything is looked up.
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

/** Whether a "not found" also reports how far the operation has come. */
export function contradictsItself({ body, status }: Answer, profile: Profile): boolean {
  if (status !== 404 && status !== 410) return false
  const object = objectOr(body.kind === 'whole' ? body.parsed : undefined)
  if ('reason' in object) return false
  const word = wordOf(object.said, profile.status?.field, wordLists(profile.status, STATUS_WORDS))
  return word.kind === 'word' && (word.means === 'executed' || word.means === 'processing')
}
