/*
 * Forms in which an answer with a 2xx says that something is wrong, or says nothing: neither is a statement on the operation.
 */

/** A body that describes an operation: an object with something in it. Else a clause that says what it is. */
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

/** A field of the top level, whatever its case: `Success` and `Status` are what .NET makes of them. */
export function fieldOf(said: Readonly<Record<string, unknown>>, name: string): unknown {
  if (isThere(said[name])) return said[name]
  const other = Object.keys(said).find(own => own.toLowerCase() === name && isThere(said[own]))
  return other === undefined ? said[name] : said[other]
}

/** The field by which an answer says that asking went wrong, or that nothing was found; `error` is apart. */
export function refusingField(said: Readonly<Record<string, unknown>>): string | undefined {
  if (tells(fieldOf(said, 'errors'))) return 'errors'
  return FLAGS.find(name => isThere(fieldOf(said, name)) && fieldOf(said, name) !== true)
}

/** Whether a value of `error` or `errors` stands for an error: servers also write it where there is none. */
export function tells(error: unknown): boolean {
  if (!isThere(error) || error === false || error === '') return false
  return !(Array.isArray(error) && error.length === 0)
}

/** Whether an object says that asking failed, or that nothing was found, and nothing besides. */
export function saysOnlyThatItFailed(said: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(said).filter(name => isThere(said[name]))
  return names.every(name => FLAGS.includes(name.toLowerCase()) || PROSE.test(name) || ERROR.test(name))
}

const ERROR =
  /^(?:errors?|(?:error[-_]?)?(?:code|message|reason|description)|status[-_]?code|(?:request|trace)[-_]?id|timestamp)$/i

/** The result that an answer carries beside its word; undefined where there is none. */
export function resultIn(said: Readonly<Record<string, unknown>>): unknown {
  return PARTS.map(name => said[name]).find(isThere)
}

/** The name under which an answer carries that result, or its error. */
export function partNamed(said: unknown, part: unknown): string | undefined {
  const own = said as Readonly<Record<string, unknown>>
  return [...PARTS, ...Object.keys(own)].find(name => own[name] === part)
}

const PARTS = ['result', 'response', 'data']

/**
 * Whether an object without a word can be taken for the operation's own answer where no schema says what that looks
 * like: it has a value that is not empty, says nowhere no, and no field at any depth is named as servers name what they
 * say on progress and failure.
 */
export function looksLikeResult(said: Readonly<Record<string, unknown>>): boolean {
  const own = Object.entries(said).filter(([name]) => !FLAGS.includes(name.toLowerCase()))
  // Beside a message the number of a request is no result.
  const isMessage = own.some(([name]) => MESSAGE.test(name))
  const hasValue = own.some(
    ([name, value]) =>
      !PROSE.test(name) && !LINKS.test(name) && !(isMessage && ID.test(name)) && !isVoid(value),
  )
  return (
    hasValue && !own.some(([name, value]) => value === false || saysMore(name, value) || speaks(value, 1))
  )
}

/** Fields that say whether the asking went well. */
const FLAGS = ['success', 'ok', 'found']

/** What is written for people, beside a result as beside an error. */
const PROSE = /^(type|title|detail|message|msg|description|instance)$/i

const SPEAKING =
  /status|state|phase|stage|progress|percent|error|fail|exception|fault|pending|processing|running|queue|waiting|remaining|estimated|cancel|reject|declin|refus|denied|abort|retry|expired|reason|^(eta|done|completed?|finished|success|ok|found|code|outcome)$/i

const MESSAGE = /^(?:message|msg|note|notice|info|hint)$/i
const ID = /^(?:id|uuid|.*[a-z]Id|.*_id)$/
const LINKS = /^(?:_?links?|href|self|url|uri|note|notice|info|hint)$/i

/** Fields in which a job describes itself, whatever their values: that it is one, how far it is, whether it is ready. */
const OF_JOBS =
  /^(?:(?:job|task)(?:[-_]?id)?|(?:current[-_]?)?steps?|attempts?|worker|started(?:[-_]?at)?|(?:is[-_]?)?(?:ready|done|completed?|finished))$/i

/** What an end would have filled. */
const OF_ENDS =
  /^(?:(?:completed|finished|processed|executed|succeeded)(?:[-_]?(?:at|on|time|date))?|results?|response|output)$/i

/** What says of what kind a thing is, and where it is: `queue-jobs`, `Task`, `/jobs/1`. */
const KIND = /^(?:@?type|kind|object)$/i
const JOB_KIND = /(?:^|[^a-z]|(?<=[a-z])(?=[A-Z]))(?:jobs?|tasks?|operations?|workflows?|queues?)(?![a-z])/i
const JOB_URL = /^(?:[a-z]+:\/)?\/(?:[^?#]*\/)?(?:jobs?|tasks?|operations?|queues?)\//i

/** Whether a field says that there is more to come, by its name or by what is in it. */
function saysMore(name: string, value: unknown): boolean {
  if (SPEAKING.test(name) || OF_JOBS.test(name)) return true
  if (typeof value === 'string') return JOB_URL.test(value) || (KIND.test(name) && JOB_KIND.test(value))
  return OF_ENDS.test(name) && (value === null || value === 0 || value === false)
}

/** Words of progress and failure, under whatever name. */
const SPOKEN =
  /^\s*(accepted|in[ _-]?progress|not[ _-]?started|pending|processing|queued|running|waiting|failed|failure|error|cancell?ed|rejected|declined|denied|refused|expired)\s*$/i

/** A body that is nested deeper says more than is looked at. */
const DEEPEST = 8

function speaks(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return SPOKEN.test(value)
  if (typeof value !== 'object' || value === null) return false
  if (depth > DEEPEST) return true
  if (Array.isArray(value)) return value.some(item => speaks(item, depth + 1))
  return Object.entries(value).some(([name, inner]) => saysMore(name, inner) || speaks(inner, depth + 1))
}

/** Whether nothing is said by a value, whatever is nested in it. */
export function isVoid(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true
  return typeof value === 'object' && Object.values(value).every(isVoid)
}

export function isThere(value: unknown): boolean {
  return value !== undefined && value !== null
}
