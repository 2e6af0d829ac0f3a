import { isProblem } from './answer-marks.ts'
import { answerSigns } from './answer-signs.ts'
import type { Answer } from './evidence.ts'

/* Whether a refusal is about a request that is under way, or about something else that is wrong. */

/**
 * Whether an answer has a problem type (RFC 9457) of the server's own that names what is wrong, and no word of a
 * request that is under way. The last part of the type and the codes count. Text for people counts only if it is about
 * another request.
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

/**
 * The words of a text: `inProgress` and `in_progress` become "in progress". Things that are known to be no request are
 * left out, because they may be locked or there twice.
 */
function words(text: string): string {
  const spaced = text.replaceAll(/([a-z])(?=[A-Z])/g, '$1 ').replaceAll(/[-_.]/g, ' ')
  return spaced.replaceAll(NO_REQUEST, '')
}

/**
 * Whether a type or a code names a request at work: by a word that always does, also within a longer one
 * (`REQUESTINPROGRESS`, `retrying`); or by a word that may (`locked`, `busy`), if every other word has to do with
 * requests. A locked door, a busy table and a duplicate invoice are the server's own business.
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

/** Words that may stand beside such a word if a request is meant. A payment may be the request itself. */
const OF_WORK = new Set(
  (
    'request requests operation operations transaction transactions process resource server system service key ' +
    'record row database db worker queue api call calls attempt update payment payments idempotent idempotency ' +
    'another other same previous earlier original too many still already currently now later try again wait ' +
    'timeout time out acquire acquired acquisition obtain obtained held failed failure error exception conflict ' +
    'state status is are was be by with the a an this it for of to on in at not could cannot code http'
  ).split(' '),
)

/** The same words in text for people, which count beside words about requests. */
const AT_WORK =
  /in ?progress|processing|executing|being \w+ed|pending|outstanding|concurren|in ?flight|ongoing|running|(?<!b|c|f|un)lock(?:s|ed|ing)?\b|busy|retry|retri(?:ed|es)|duplicat/i

/** Whether a text reports that something is under way. */
export function saysAtWork(text: string): boolean {
  return AT_WORK.test(words(text))
}

const OF_REQUESTS =
  /\b(?:requests?(?! id)|operation|transaction|process(?:ing)?|being|progress|flight|concurrent(?:ly)?|later)\b/i

const THING = '(?:account|user ?name|user|customer|member|card|wallet|seat|e ?mail|name|phone|sku)'

/** Things that are no request, and advice to do something else: another event, a new card. */
const NO_REQUEST = new RegExp(
  [
    `\\b${THING} (?:is )?(?:locked|duplicated?)\\b`,
    `\\b(?:locked|duplicate) ${THING}\\b`,
    '\\b(?:retry|try(?: again)?) with (?:another|an? (?:different|other|new))\\b',
  ].join('|'),
  'gi',
)
