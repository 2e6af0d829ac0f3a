import { answerSigns } from './answer-signs.ts'
import { isCutXml, isHtmlType, markupOf } from './body-form.ts'
import type { Answer } from './evidence.ts'
import type { Profile, Rule } from './profile.ts'
import { hasTextAt, textsAt } from './texts-at.ts'

/* What an answer shows of itself, before anybody judges it. */

/** The body goes on beyond the limit up to which it is read. */
export function isTooLong({ body }: Answer): boolean {
  return body.kind === 'cut' && body.why === 'limit'
}

/** A page in the place of data. One that the connection ended counts as cut: it is a page all the same. */
export function isPage({ body, headers }: Answer): boolean {
  if (body.kind === 'whole') return body.form === 'html'
  const type = headers['content-type']
  const markup = markupOf(body.text)
  // What has not come may still say what markup it is.
  const isMarkup = markup === 'html' || (markup === 'cut-xml' && !isCutXml(body.text, type))
  return isMarkup || (isHtmlType(type) && !/^\s*[{[]/.test(body.text))
}

/**
 * Whether an answer is not whole, so that its body proves nothing. A text that only the closing connection ended is
 * still a refusal's text. An empty success is cut where a body is waited for: browsers make one of a cut head.
 */
export function isCut({ status, body, bodiless }: Answer, waitsForBody: boolean): boolean {
  const isSuccess = status >= 200 && status < 300
  if (body.kind === 'cut') return isSuccess || body.why !== 'doubtful'
  return (
    waitsForBody && bodiless !== true && body.text === '' && isSuccess && ![202, 204, 205].includes(status)
  )
}

/** The rule that fits first; `undecided` where the body would have to be whole to decide. */
export function matchingRule(
  answer: Answer,
  profile: Profile,
  seen: 'whole' | 'cut',
): Rule | 'undecided' | undefined {
  const candidates = profile.rules.filter(
    rule => rule.status === answer.status && (rule.header === undefined || hasHeader(answer, rule.header)),
  )
  if (candidates.length === 0) return undefined
  if (seen === 'cut') return readsBody(candidates[0]) ? 'undecided' : candidates[0]
  const signs = answerSigns(answer.body.kind === 'whole' ? answer.body.parsed : undefined)
  return candidates.find(
    rule =>
      hasCode(answer, rule, signs.codes) && (rule.type === undefined || signs.types.includes(rule.type)),
  )
}

/** Where `at` says, or among the codes that stand where they usually do. A place without a code: that something stands there. */
function hasCode({ body }: Answer, { at, code }: Rule, codes: readonly string[]): boolean {
  if (at !== undefined) return code === undefined ? textsAt(body, at).length > 0 : hasTextAt(body, at, code)
  return code === undefined || codes.includes(code)
}

function readsBody(rule: Rule | undefined): boolean {
  return rule?.code !== undefined || rule?.type !== undefined || rule?.at !== undefined
}

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

/** RFC 9457: an error, whatever its status. */
export function isProblem({ headers }: Pick<Answer, 'headers'>): boolean {
  return /^\s*application\/problem\+(?:json|xml)\b/i.test(headers['content-type'] ?? '')
}

/** A redirect that was not followed; 0: a browser hides which one, or that it is one. A 304 is none. */
export function isRedirect({ status }: Pick<Answer, 'status'>): boolean {
  return status === 0 || (status >= 300 && status < 400 && status !== 304)
}

/** Where a redirect leads, for a message: without its query, which may hold a secret. */
export function redirectTarget({ headers }: Answer): string {
  const [target = ''] = (headers['location'] ?? '').split(/[?#]/)
  const shown = target.replace(/\/\/[^/]*@/, '//').slice(0, 300)
  return /^[\x21-\x7e]+$/.test(shown) ? ` (to ${shown})` : ''
}

export function ruleSign(rule: Rule): string {
  const sign = rule.code ?? rule.type ?? rule.at ?? rule.header?.name
  return sign === undefined ? '' : ` ${sign}`
}

/** Whether the server marked this answer as given again. */
export function isReplay(answer: Answer, profile: Profile): boolean {
  const { replayed } = profile
  if (replayed === undefined) return false
  if (replayed.header !== undefined) return hasHeader(answer, replayed)
  const { at, value } = replayed
  return value === undefined ? textsAt(answer.body, at).length > 0 : hasTextAt(answer.body, at, value)
}

function hasHeader(
  answer: Answer,
  header: { readonly name?: string; readonly header?: string; readonly value?: string },
): boolean {
  const value = answer.headers[(header.name ?? header.header ?? '').toLowerCase()]
  if (value === undefined) return false
  return header.value === undefined || value.trim().toLowerCase() === header.value.toLowerCase()
}

/** A server's advice on whether to retry (`Stripe-Should-Retry`, `x-should-retry`): never on the outcome. */
export type RetryHint = 'retry' | 'stop'

export function retryHint(headers: Readonly<Record<string, string>>): RetryHint | undefined {
  const said = headers['stripe-should-retry'] ?? headers['x-should-retry']
  if (said === 'true') return 'retry'
  return said === 'false' ? 'stop' : undefined
}
