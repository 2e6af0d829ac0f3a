/*
 * Forms in which a 2xx answer reports that something is wrong, or reports nothing. Neither is a statement about the
 * operation.
 */

/**
 * A body that describes an operation is an object with something in it. For any other body: a clause that names what it
 * is.
 */
export function objectOr(
  parsed: unknown,
): { readonly said: Readonly<Record<string, unknown>> } | { readonly reason: string } {
  if (parsed === undefined || parsed === '') return { reason: 'the answer has no body' }
  if (parsed === null) return { reason: 'the answer is null' }
  if (Array.isArray(parsed)) return { reason: 'the answer is a list' }
  if (typeof parsed !== 'object') return { reason: `the answer is a ${typeof parsed}, and no object` }
  if (Object.keys(parsed).length === 0) return { reason: 'the answer is an empty object' }
  return { said: parsed as Readonly<Record<string, unknown>> }
}

/** A field of the top level, in upper or lower case: .NET writes `Success` and `Status`. */
export function fieldOf(said: Readonly<Record<string, unknown>>, name: string): unknown {
  if (isThere(said[name])) return said[name]
  const other = Object.keys(said).find(own => own.toLowerCase() === name && isThere(said[own]))
  return other === undefined ? said[name] : said[other]
}

/**
 * The field in which an answer reports that the request went wrong, or that nothing was found. `error` is checked apart
 * from these.
 */
export function refusingField(said: Readonly<Record<string, unknown>>): string | undefined {
  if (tells(fieldOf(said, 'errors'))) return 'errors'
  return FLAGS.find(name => Object.keys(said).some(own => own.toLowerCase() === name && said[own] !== true))
}

/** Whether a value of `error` or `errors` stands for an error. Servers write these fields even where there is none. */
export function tells(error: unknown): boolean {
  if (!isThere(error) || error === false || error === '') return false
  return !(Array.isArray(error) && error.length === 0)
}

/** Whether an object reports that the request failed, or that nothing was found, and nothing else. */
export function saysOnlyThatItFailed(said: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(said).filter(name => isThere(said[name]))
  return names.every(name => FLAGS.includes(name.toLowerCase()) || PROSE.test(name) || ERROR.test(name))
}

const ERROR =
  /^(?:errors?|(?:error[-_]?)?(?:code|message|reason|description)|status[-_]?code|(?:request|trace)[-_]?id|timestamp)$/i

/** The result that an answer carries beside its status word; undefined if there is none. */
export function resultIn(said: Readonly<Record<string, unknown>>): unknown {
  return PARTS.map(name => said[name]).find(isThere)
}

/** The name of the field in which an answer carries that result, or its error. */
export function partNamed(said: unknown, part: unknown): string | undefined {
  const own = said as Readonly<Record<string, unknown>>
  return [...PARTS, ...Object.keys(own)].find(name => own[name] === part)
}

const PARTS = ['result', 'response', 'data']

/**
 * Whether an object without a status word can be taken for the operation's own answer, if no schema describes that
 * answer. The object must have a value that is not empty, and no field that is `false`. At any depth, it must have no
 * name and no word with which servers report progress or failure.
 */
export function looksLikeResult(said: Readonly<Record<string, unknown>>): boolean {
  const own = Object.entries(said).filter(([name]) => !FLAGS.includes(name.toLowerCase()))
  // Beside a message, an id is that of the request and no result.
  const isMessage = own.some(([name]) => MESSAGE.test(name))
  const hasValue = own.some(
    ([name, value]) =>
      !PROSE.test(name) &&
      !LINKS.test(name) &&
      !RECEIPT.test(name) &&
      !(isMessage && ID.test(name)) &&
      !isVoid(value),
  )
  return (
    hasValue && !own.some(([name, value]) => value === false || saysMore(name, value) || speaks(value, 1))
  )
}

/** Fields that report whether the request went well. */
const FLAGS = ['success', 'ok', 'found']

/** Fields written for people, beside a result or beside an error. */
const PROSE = /^(type|title|detail|message|msg|description|instance)$/i

const SPEAKING =
  /status|state|statut|estado|situa[ct]|lifecycle|phase|stage|progress|percent|error|fail|exception|fault|pending|processing|running|queue|waiting|remaining|estimated|cancel|reject|declin|refus|denied|abort|retry|expired|reason|poll|in[-_]?flight|^([eé]tat|stato|eta([-_].*)?|done|completed?|finished|success|ok|found|code|outcome)$/i

const MESSAGE = /^(?:message|msg|note|notice|info|hint)$/i
/** Fields that acknowledge the request or number it, which is no result. */
const RECEIPT =
  /^(?:ack|acknowledged|accepted|received|submitted|(?:request|correlation|tracking|ticket|trace)(?:[-_]?(?:id|number))?)$/i
const ID = /^(?:id|uuid|.*[a-z]Id|.*_id)$/
const LINKS = /^(?:_?links?|href|self|url|uri|note|notice|info|hint)$/i

/**
 * Fields in which a job describes itself, whatever their values: that it is a job, how far it is, whether it is ready.
 */
const OF_JOBS =
  /^(?:(?:job|task|operation|run|workflow|execution)[-_]?(?:id|arn|name)|job|task|operation|logs?|busy|completion|pct|(?:current[-_]?)?steps?|attempts?|worker|(?:rows|items|records)?[-_]?(?:done|processed)|started(?:[-_]?at)?|(?:is[-_]?)?(?:ready|done|completed?|finished))$/i

/** Fields that a finished operation would have filled. */
const OF_ENDS =
  /^(?:(?:completed|finished|processed|executed|succeeded|ended|done)(?:[-_]?(?:at|on|time|date))?|end(?:[-_]?(?:at|time|date))|(?:results?|response|outputs?|download)(?:[-_]?(?:url|uri|link))?)$/i

/** What shows the kind of a thing and its place: `queue-jobs`, `Task`, `/jobs/1`. */
const KIND = /^(?:@?type|kind|object)$/i
const JOB_KIND = /(?:^|[^a-z]|(?<=[a-z])(?=[A-Z]))(?:jobs?|tasks?|operations?|workflows?|queues?)(?![a-z])/i
const JOB_URL = /^(?:[a-z]+:\/\/)?(?:[^?#\s]*\/)?(?:jobs?|tasks?|operations?|queues?)\//i

/** Whether a field shows, by its name or by its value, that there is more to come. */
function saysMore(name: string, value: unknown): boolean {
  if (SPEAKING.test(name) || OF_JOBS.test(name)) return true
  if (OF_ENDS.test(name) && isVoid(value)) return true
  return typeof value === 'string' && (JOB_URL.test(value) || (KIND.test(name) && JOB_KIND.test(value)))
}

/** Words of progress and failure, in whatever field. */
const SPOKEN = new RegExp(
  `^\\s*(?:${[
    'accepted|in[ _-]?(?:progress|process|flight)|(?:not|un)[ _-]?(?:started|processed|executed|found)|pending(?:[ _-].*)?',
    'processing|queued|running|waiting(?:[ _-].*)?|awaiting(?:[ _-].*)?|requires[ _-].*|ongoing|on[ _-]?hold|draft',
    'start(?:ed|ing)|initiat(?:ed|ing)|working|executing|validating|authori[sz]ing|creating|updating|provisioning',
    'submitted|received|scheduled|deferred|paused|suspended|partial|incomplete|stopp(?:ed|ing)|terminat(?:ed|ing)',
    'failed|failure|error|cancell?ed|rejected|declined|denied|refused|expired|abort(?:ed|ing)|tim(?:ed[ _-]?|e)out',
    'dead|killed|crashed|void(?:ed)?|unsuccessful|invalid',
  ].join('|')})\\s*$`,
  'i',
)

/** How deep a body is searched for these words. A body that is nested deeper counts as one that has them. */
const DEEPEST = 8

function speaks(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return SPOKEN.test(value)
  if (typeof value !== 'object' || value === null) return false
  if (depth > DEEPEST) return true
  if (Array.isArray(value)) return value.some(item => speaks(item, depth + 1))
  return Object.entries(value).some(([name, inner]) => saysMore(name, inner) || speaks(inner, depth + 1))
}

/** Whether a value contains nothing, at any depth: empty, zero or `false`. */
export function isVoid(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true
  return typeof value === 'object' && Object.values(value).every(isVoid)
}

export function isThere(value: unknown): boolean {
  return value !== undefined && value !== null
}
