import type { Exchange, Traits } from './sim-server.ts'

/*
 * What docs/profiles.md says of the probe, held against what was sent and told. The roles of the requests are taken from what was
 * sent (its key and its body) and not from the probe.
 */

export type Probed = {
  readonly traits: Traits
  readonly exchanges: readonly Exchange[]
  readonly code: number
  readonly text: string
}

type Violation = { readonly rule: string; readonly detail: string }

/** docs/profiles.md: "It sends up to 15 real requests". */
const MOST_REQUESTS = 15
const NOT_KNOWN = 'How this server treats keys is not known.'

export function check({ traits, exchanges, code, text }: Probed): readonly Violation[] {
  const violations: Violation[] = []
  const breaks = (rule: string) =>
    violations.push({ rule, detail: JSON.stringify({ traits, exchanges, code, text }, undefined, 1) })
  const asked = rolesOf(exchanges)
  const hasStopped = text.startsWith('Stopped')

  if (exchanges.length > MOST_REQUESTS) breaks('no more requests than documented')
  const stop = firstStop(asked)
  if (stop !== undefined) {
    if (exchanges.length > stop + 1) breaks('no request after a refusal')
    if (!hasStopped) breaks('nothing is claimed after a refusal')
  }
  if (hasStopped) {
    if (code !== 1 || !text.includes(NOT_KNOWN)) breaks('a stop says so, and exits with 1')
    if (/profile|honoured|ignored|performed:/.test(text)) breaks('nothing is claimed after a refusal')
    return violations
  }

  const word = wordOf(text, 'The same key twice')
  const isSure = (question: string) => !likelyOf(text).includes(question)
  const hasProfile = /honoursKeys: true|= noKeys/.test(text)
  if (hasProfile !== (code === 0) || hasProfile === word.startsWith('not clear'))
    breaks('a profile only where it could tell')

  const [first, second] = [asked.first, asked.second]
  if (first === undefined || second === undefined) return violations
  const isMarked = first.text === second.text && markOf(first) !== markOf(second)
  const isLying = exchanges.some(({ isForeign, status }) => isForeign && isSuccess(status))
  const isTelling = traits.shows === 'order' && traits.keys !== 'no rule at all' && !isLying
  if (word.startsWith('honoured')) {
    if (isTelling && first.hasExecuted && second.hasExecuted)
      breaks('honoured only where the second was not executed')
    if (first.text !== second.text || asked.other?.status === 0)
      breaks('honoured only where the second answer is the first')
    if (!isMarked && asked.other?.text === first.text)
      breaks('honoured only where the answers tell operations apart')
    if (isSure('The same key twice') && !isMarked) breaks('seen only with a mark')
  }
  if (word.startsWith('ignored')) {
    if (isTelling && !second.hasExecuted) breaks('ignored only where the second was executed')
    if (isSure('The same key twice')) breaks('seen only with a mark')
  }
  if (word.startsWith('refused') && !isRefused(second)) breaks('refused only where it was refused')

  const atOnce = asked.atOnce.filter(({ status }) => isSuccess(status))
  // Where the second is refused, nothing is given again: each success at once was performed.
  const isRaced = isSuccess(second.status) ? new Set(atOnce.map(one => one.text)).size > 1 : atOnce.length > 1
  if (text.includes('honoursKeys: true') && isRaced)
    breaks('no profile honours keys where two at once were performed')
  if (isRaced !== / were performed: a race/.test(wordOf(text, 'Four at once'))) breaks('a race is told')
  const mayBePerformed = atOnce.filter(one => !isMarked || markOf(one) !== markOf(second))
  if (isSure('Four at once') && mayBePerformed.length > 1) breaks('seen only with a mark')

  const isSameKey = wordOf(text, 'The form of the key') === 'raw and quoted are the same key'
  if (isSameKey && asked.quoted !== undefined) {
    if (isTelling && asked.quoted.hasExecuted) breaks('one key only where it was not executed')
    const isShown = isMarked && markOf(asked.quoted) === markOf(second)
    if (isSure('The form of the key') && !isShown) breaks('seen only with a mark')
  }

  const otherBody = wordOf(text, 'Another payload under a key')
  if (asked.otherBody !== undefined) {
    if (otherBody === 'performed' && isTelling && !asked.otherBody.hasExecuted)
      breaks('performed only where it was')
    if (otherBody.startsWith('refused') !== !isSuccess(asked.otherBody.status))
      breaks('refused only where it was refused')
    if (isSure('Another payload under a key') && isSuccess(asked.otherBody.status))
      breaks('seen only with a mark')
  }
  const [bad, again, good] = asked.refused
  const refusal = wordOf(text, 'A refusal')
  if (bad !== undefined && again !== undefined && good !== undefined) {
    if (refusal.includes('is not kept') && !(isRefused(bad) && isSuccess(good.status)))
      breaks('what became of a refusal is true')
    if (refusal.includes('is kept') && isSuccess(good.status)) breaks('what became of a refusal is true')
    const isKeptMarked = bad.text === again.text && markOf(bad) !== markOf(again)
    if (refusal.includes('is kept') && isSure('A refusal') && !isKeptMarked) breaks('seen only with a mark')
  }
  const isPerformed = asked.withoutKey !== undefined && isSuccess(asked.withoutKey.status)
  if ((wordOf(text, 'Without a key') === 'performed') !== isPerformed) breaks('performed only where it was')

  const statuses = new Set(exchanges.map(({ status }) => status))
  for (const [, status] of text.matchAll(/\{ status: (\d+)/g))
    if (!statuses.has(Number(status))) breaks('a rule is of an answer that came')
  return violations
}

type Roles = {
  readonly exchanges: readonly Exchange[]
  readonly first: Exchange | undefined
  readonly second: Exchange | undefined
  readonly other: Exchange | undefined
  /** The first key in quotes, where the raw one is taken. */
  readonly quoted: Exchange | undefined
  readonly otherBody: Exchange | undefined
  readonly atOnce: readonly Exchange[]
  readonly refused: readonly Exchange[]
  readonly withoutKey: Exchange | undefined
  /** Where the first requests end, to which a refusal may be of any kind. */
  readonly start: number
}

/** By what was sent: under the first key, under another, four under a third, three under a fourth, and one without. */
function rolesOf(exchanges: readonly Exchange[]): Roles {
  const bare = (exchange: Exchange) => exchange.key?.replaceAll('"', '')
  const [raw, next] = exchanges
  const isQuoted = raw !== undefined && next !== undefined && raw.key !== next.key && bare(raw) === bare(next)
  const first = isQuoted ? next : raw
  const key = raw && bare(raw)
  const own = exchanges.filter(one => bare(one) === key && one.key !== undefined)
  const second = exchanges[isQuoted ? 2 : 1]
  const groups = new Map<string | undefined, Exchange[]>()
  for (const one of exchanges) {
    if (one.key !== undefined && bare(one) !== key)
      groups.set(bare(one), [...(groups.get(bare(one)) ?? []), one])
  }
  const [others = [], atOnce = [], refused = []] = [...groups.values()]
  return {
    exchanges,
    first,
    second,
    other: others[0],
    quoted: isQuoted ? undefined : own.find(one => one.key !== raw?.key),
    otherBody: own.find(({ body }) => body !== raw?.body),
    atOnce,
    refused,
    withoutKey: exchanges.find(one => one.key === undefined),
    start: isQuoted ? 4 : 3,
  }
}

/** The last request that may have been sent, where one was refused by the way to the handler. */
function firstStop(asked: Roles): number | undefined {
  for (const [index, one] of asked.exchanges.entries()) {
    const isBad = asked.refused.includes(one)
    // A body that should be refused may bring a handler down, and so may a missing key: what comes then tells.
    const isFailure = one.status === 500 || one.status === 501
    const hasFailed = asked.refused.slice(0, 2).some(({ status }) => status === 500 || status === 501)
    if (isBad && isFailure && hasFailed) continue
    if (one.key === undefined && isFailure) {
      const again = asked.exchanges[index + 1]
      if (again !== undefined && !isShut(again)) continue
      return index + 1
    }
    if (!isShut(one) && !(index < asked.start && isPage(one))) continue
    // The raw key may be refused before the quoted one is tried, but not by a page.
    const position = asked.atOnce.indexOf(one)
    return position === -1 ? index : index + 3 - position
  }
  return undefined
}

/** docs/profiles.md: 401, 403, 404, 405, 429, a redirect, a page, a 5xx, no answer. */
function isShut(one: Exchange): boolean {
  const { status } = one
  return (
    [0, 401, 403, 404, 405, 407, 410, 429].includes(status) ||
    status >= 500 ||
    (status >= 300 && status < 400) ||
    (status < 400 && isPage(one))
  )
}

function isPage({ text, headers }: Exchange): boolean {
  return headers['content-type'] === 'text/html' || text.startsWith('<!doctype html')
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

function isRefused({ status }: Exchange): boolean {
  return status >= 400
}

function markOf({ headers }: Exchange): string | undefined {
  return headers['idempotent-replayed']
}

function wordOf(text: string, question: string): string {
  const line = text.split('\n').find(one => one.startsWith(`${question} `))
  return line?.slice(question.length).trim() ?? ''
}

function likelyOf(text: string): readonly string[] {
  const [, questions = ''] = /^Only likely, because .*?: (.*)\.$/m.exec(text) ?? []
  return questions.split('; ')
}
