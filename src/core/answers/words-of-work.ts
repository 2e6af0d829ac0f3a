import { isProblem } from './answer-marks.ts'
import { answerSigns } from './answer-signs.ts'
import type { Answer } from './evidence.ts'

/* Whether a refusal speaks of a request that is under way, or of something else that is wrong. */

/**
 * A problem type (RFC 9457) of the server's own, and no word of a request that is under way: it names what is wrong. Its
 * last part and the codes count; what is written for people counts only where it speaks of another request.
 */
export function hasOwnType({ body, headers }: Answer): boolean {
  const { types, codes } = answerSigns(body.kind === 'whole' ? body.parsed : undefined)
  const [type] = types
  if (type === undefined || type === '' || type === 'about:blank') return false
  const name = type.replace(/\?.*/, '').split(/[/#:]/).findLast(Boolean) ?? ''
  const prose = words(body.text.replace(type, ''))
  if ([name, ...codes].some(isNameOfWork) || /idempot/i.test(body.text)) return false
  if (AT_WORK.test(prose) && OF_REQUESTS.test(prose)) return false
  return isProblem({ headers }) || /^[a-z][a-z\d+.-]*:/i.test(type)
}

/** `inProgress` and `in_progress` are "in progress". What is known to be no request may be locked or there twice. */
function words(text: string): string {
  const spaced = text.replaceAll(/([a-z])(?=[A-Z])/g, '$1 ').replaceAll(/[-_.]/g, ' ')
  return spaced.replaceAll(NO_REQUEST, '')
}

/**
 * A type or a code that says that a request is at work: by a word of its own, also within a longer one
 * (`REQUESTINPROGRESS`, `retrying`); or by a word that may say it (`locked`, `busy`) where nothing else is named than
 * what has to do with requests. A locked door, a busy table and a duplicate invoice are the server's own business.
 */
function isNameOfWork(name: string): boolean {
  const text = words(name)
  if (WORK.test(text)) return true
  const all = text.toLowerCase().match(/[a-z]+/g) ?? []
  return (
    all.some(word => MAYBE_WORK.test(word)) && all.every(word => MAYBE_WORK.test(word) || OF_WORK.has(word))
  )
}

const WORK = /in ?progress|processing|executing|being \w+ed|in ?flight|ongoing|retry|retri(?:ed|es)/i

const HOLDER = '(?:requests?|operation|transaction|process|resource|record|row|key|dead)?'

const MAYBE_WORK = new RegExp(
  `^${HOLDER}(?:pending|outstanding|concurren(?:t|tly|cy)|running|lock(?:s|ed|ing)?|busy|duplicated?)${HOLDER}$`,
)

/** What stands beside such a word where a request is meant. A payment may be the request itself. */
const OF_WORK = new Set(
  (
    'request requests operation operations transaction transactions process resource server system service key ' +
    'record row database db worker queue api call calls attempt update payment payments idempotent idempotency ' +
    'another other same previous earlier original too many still already currently now later try again wait ' +
    'timeout time out acquire acquired acquisition obtain obtained held failed failure error exception conflict ' +
    'state status is are was be by with the a an this it for of to on in at not could cannot code http'
  ).split(' '),
)

/** The same in what is written for people, beside what speaks of requests. */
const AT_WORK =
  /in ?progress|processing|executing|being \w+ed|pending|outstanding|concurren|in ?flight|ongoing|running|(?<!b|c|f|un)lock(?:s|ed|ing)?\b|busy|retry|retri(?:ed|es)|duplicat/i

/** Whether a text says that something is under way. */
export function saysAtWork(text: string): boolean {
  return AT_WORK.test(words(text))
}

const OF_REQUESTS =
  /\b(?:requests?(?! id)|operation|transaction|process(?:ing)?|being|progress|flight|concurrent(?:ly)?|later)\b/i

const THING = '(?:account|user ?name|user|customer|member|card|wallet|seat|e ?mail|name|phone|sku)'

/** Things, and what to do otherwise: another event, a new card. */
const NO_REQUEST = new RegExp(
  [
    `\\b${THING} (?:is )?(?:locked|duplicated?)\\b`,
    `\\b(?:locked|duplicate) ${THING}\\b`,
    '\\b(?:retry|try(?: again)?) with (?:another|an? (?:different|other|new))\\b',
  ].join('|'),
  'gi',
)
