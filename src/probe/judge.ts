import type { Marker, Sign } from './signs.ts'
import { hasMark, isSame, isSuccess, markerOf, signOf } from './signs.ts'
import type { Observations } from './observe.ts'
import type { Seen } from './seen.ts'

/** How the server treats keys. Only `honoured` and `refused-again` permit sending again. */
export type KeyTreatment =
  | 'honoured'
  /**
   * The key works, but the first answer is not replayed: the second request is refused with a status that shows this.
   */
  | 'refused-again'
  /** Requests one after another are safe, but concurrent requests are not. */
  | 'raced'
  | 'ignored'
  | 'unclear'

export type ProbedRule = {
  readonly sign: Sign
  readonly means: 'processing' | 'mismatch' | 'unknown'
  readonly conclusive?: true
}

/** `likely`: concluded from bodies that are equal or differ, without a marker or status that proves it. */
export type Line = readonly [question: string, answer: string, certainty: 'seen' | 'likely']

/** What the observations show: one sentence for each question, and the parts of a profile. */
export type Findings = {
  readonly keys: KeyTreatment
  readonly lines: readonly Line[]
  readonly marker: Marker | undefined
  readonly rules: readonly ProbedRule[]
}

/** A pure function from observations to findings. */
export function judgeProbe(seen: Observations): Findings {
  const keys = treatmentOf(seen)
  const marker = markerOf(seen)
  const sure = (isSeen: boolean) => (isSeen ? 'seen' : 'likely')
  const isMarked = marker !== undefined
  const lines: Line[] = [
    [
      'The same key twice',
      keyWord(keys, seen),
      sure(isMarked || keys === 'refused-again' || keys === 'unclear'),
    ],
    ['The mark of a replay', marker === undefined ? 'none' : markerWord(marker), 'seen'],
    ['The form of the key', formWord(seen), sure(seen.form === 'quoted' || isMarked)],
    ['Four at once', concurrentWord(seen), sure(!isRaced(seen) && mayBePerformed(seen, marker) <= 1)],
    ['Another payload under a key', otherBodyWord(seen), sure(!isSuccess(seen.otherBody))],
    ['A refusal', refusalWord(seen), sure(isRefusalSeen(seen))],
    ['Without a key', isSuccess(seen.withoutKey) ? 'performed' : refusedWord(seen.withoutKey), 'seen'],
  ]
  const rules = keys === 'honoured' || keys === 'refused-again' ? rulesOf(keys, seen) : []
  return { keys, lines, marker, rules }
}

function treatmentOf(seen: Observations): KeyTreatment {
  const [first, second] = seen.repeated
  const { otherKey } = seen
  if (second.lost !== undefined || !isSuccess(otherKey)) return 'unclear'
  if (markerOf(seen) === undefined) {
    if (!isSuccess(second)) return isRefusedAsUsed(second) ? orRaced('refused-again', seen) : 'unclear'
    if (first.body !== second.body) return 'ignored'
    if (first.body === otherKey.body || isEcho(seen)) return 'unclear'
  }
  return orRaced('honoured', seen)
}

/**
 * Another payload under the same key was performed, so the same payload may have been performed twice too: an answer
 * that only repeats the key and the payload would be equal each time.
 */
function isEcho({ repeated: [first], otherBody }: Observations): boolean {
  return isSuccess(otherBody) && otherBody.body !== first.body
}

function orRaced(keys: KeyTreatment, seen: Observations): KeyTreatment {
  return isRaced(seen) ? 'raced' : keys
}

/**
 * How many of the concurrent requests may have been performed: a success without the marker may be a separate
 * execution, even if its body equals the others.
 */
function mayBePerformed({ concurrent }: Observations, marker: Marker | undefined): number {
  return concurrent.filter(one => isSuccess(one) && !(marker !== undefined && hasMark(one, marker))).length
}

/** Only a marker proves that an answer was kept, because checking a bad body twice gives the same answer anyway. */
function isRefusalSeen({ refused: [first, again, good] }: Observations): boolean {
  if (isSuccess(first) || first.lost !== undefined || isSuccess(good)) return true
  return markerOf({ repeated: [first, again] }) !== undefined
}

/** Whether two requests were performed: their answers differ, or two succeeded although nothing is ever replayed. */
function isRaced({ repeated: [, second], concurrent }: Observations): boolean {
  const successes = concurrent.filter(isSuccess)
  if (!isSuccess(second)) return successes.length > 1
  return new Set(successes.map(({ body }) => body)).size > 1
}

/** Whether a status can mean that the key was used: no status about credentials, load, or a failing server. */
function isRefusedAsUsed({ status }: Seen): boolean {
  return [400, 409, 412, 417, 422].includes(status)
}

function keyWord(keys: KeyTreatment, seen: Observations): string {
  const [, second] = seen.repeated
  switch (keys) {
    case 'honoured':
      return 'honoured: the second answer is the first one, another key gets another'
    case 'refused-again':
      return `refused: the second gets ${told(second)}. Nothing is given again`
    case 'raced':
      return isSuccess(second)
        ? 'honoured one after the other, but not at once. Do not send again to this server'
        : `refused one after the other (${told(second)}), but not at once. Do not send again to this server`
    case 'ignored':
      return 'ignored: each request was performed. Do not send again to this server'
    case 'unclear':
      if (!isSuccess(second)) return `not clear: the second got ${told(second)}`
      return isEcho(seen)
        ? 'not clear: another payload under the key was performed, so the answers may be an echo. Look into the server'
        : 'not clear: another key gets the same answer, too. Look into the server'
  }
}

function markerWord({ header, value }: Marker): string {
  return value === undefined ? header : `${header}: ${value}`
}

function formWord(seen: Observations): string {
  const { form, repeated, otherForm } = seen
  const marker = markerOf(seen)
  if (form === 'quoted') return `in quotes; the bare key is refused: ${told(otherForm)}`
  return isSame(repeated[1], otherForm) && (marker === undefined || hasMark(otherForm, marker))
    ? 'raw and quoted are the same key'
    : `raw; in quotes it is another key, or none: ${told(otherForm)}`
}

function concurrentWord(seen: Observations): string {
  const { concurrent } = seen
  const successes = concurrent.filter(isSuccess).length
  if (isRaced(seen)) return `${successes} were performed: a race`
  if (successes === concurrent.length) return 'all get one answer'
  const losers = concurrent.filter(one => !isSuccess(one))
  const words = new Set(losers.map(one => `${told(one)}${wait(one)}`))
  return `${successes === 0 ? 'none performed' : 'one answer'}, ${losers.length} get ${[...words].join(' or ')}`
}

function wait({ headers }: Seen): string {
  const { 'retry-after': seconds } = headers
  return seconds === undefined ? '' : `, Retry-After ${seconds}`
}

function otherBodyWord({ repeated, otherBody }: Observations): string {
  if (!isSuccess(otherBody)) return refusedWord(otherBody)
  return otherBody.body === repeated[0].body ? 'the first answer again, silently' : 'performed'
}

function refusalWord(seen: Observations): string {
  const [first, again, good] = seen.refused
  if (isSuccess(first)) return 'not seen: the server took what should be refused'
  if (first.lost !== undefined) return `not seen: ${told(first)}`
  if (isSuccess(good)) return `${told(first)} is not kept: the key is free after it`
  const marker = markerOf({ repeated: [first, again] })
  if (marker !== undefined || isSame(first, good)) return `${told(first)} is kept and given again`
  return `${told(first)}; the good body then gets ${told(good)}`
}

/**
 * Only signs that differ from everything else that was seen, because a rule that matches too much is worse than none.
 */
function rulesOf(keys: KeyTreatment, seen: Observations): readonly ProbedRule[] {
  const { repeated, concurrent, otherBody, refused } = seen
  const taken = [signOf(refused[0])]
  const rules: ProbedRule[] = []
  const add = (one: Seen | undefined, rule: Omit<ProbedRule, 'sign'>): void => {
    const sign = one === undefined ? undefined : signOf(one)
    if (sign === undefined || taken.some(other => other !== undefined && sameSign(other, sign))) return
    taken.push(sign)
    rules.push({ ...rule, sign })
  }
  // The key was used. The answer does not show which request used it, or with what result.
  if (keys === 'refused-again') add(repeated[1], { means: 'unknown', conclusive: true })
  add(
    concurrent.find(one => one.status >= 400 && one.status < 500),
    { means: 'processing' },
  )
  if (otherBody.status < 500) add(otherBody, { means: 'mismatch' })
  return rules
}

function refusedWord(seen: Seen): string {
  return seen.lost === undefined ? `refused: ${told(seen)}` : told(seen)
}

function sameSign(one: Sign, other: Sign): boolean {
  return one.status === other.status && one.code === other.code && one.type === other.type
}

function told(seen: Seen): string {
  if (seen.lost !== undefined) return `no answer (${seen.lost})`
  const sign = signOf(seen)
  const name = sign?.code ?? sign?.type
  return name === undefined ? String(seen.status) : `${seen.status} ${name}`
}
