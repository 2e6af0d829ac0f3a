import { accepts } from '../answer/schema-says.ts'
import { statusSaid } from './read-callbacks.ts'
import { isCut, isPage, isRedirect, redirectTarget } from '../../core/answers/answer-marks.ts'
import type { Answer } from '../../core/answers/evidence.ts'
import type { NamedKey } from '../../core/answers/named-key.ts'
import { namedKey } from '../../core/answers/named-key.ts'
import type { OpenReading, StatusContext, StatusReading } from '../../core/answers/status-answer.ts'
import { showsOperation } from '../../core/answers/shows-operation.ts'
import { readStatus } from '../../core/answers/status-answer.ts'
import type { Asked, AskReading } from '../../core/run/run-events.ts'
import { judgeReplay } from '../answer/observe.ts'
import type { RunFacts } from '../run/run-facts.ts'
import { ownBody, ownPart, serverResponse } from '../answer/server-response.ts'
import { hearThrown, isPromiseGiven } from '../../guards/synchronous.ts'

/* What the answer to a poll or a status request says, by the definition's `read` or by the usual forms. */

/** What came of an answer, and of the callbacks that it was given to. */
export type AnswerRead = { readonly reading: AskReading } & Pick<Asked, 'read' | 'mistake'>

/** What callbacks of the definition left behind, beside what they say of the answer. */
type Aside = { read: Asked['read']; mistake: Asked['mistake'] }

export async function readAnswer(
  x: RunFacts,
  at: 'poll-url' | 'status',
  answer: Answer,
): Promise<AnswerRead> {
  const aside: Aside = { read: undefined, mistake: undefined }
  const reading = await shown(x, at, answer, aside)
  return { reading, ...aside }
}

async function shown(
  x: RunFacts,
  at: 'poll-url' | 'status',
  answer: Answer,
  aside: Aside,
): Promise<AskReading> {
  const named = keyNamedBy(x, answer)
  if (named === 'another')
    return inconclusive('the answer names another key than the one that was asked about')
  const reading = await judged(x, at, answer, named, aside)
  // A server whose answers name the key has said nothing where none is named.
  const isShown =
    named === 'own' && !isDenied(x, at, reading) && showsOperation(answer, x.plan.settings.profile)
  const isOpen = reading.kind === 'inconclusive' || reading.kind === 'absent'
  return isShown && isOpen ? { ...reading, isThere: true } : reading
}

/** Whether the definition itself calls the answer a "not found": then nothing in it shows the operation. */
function isDenied(x: RunFacts, at: 'poll-url' | 'status', reading: AskReading): boolean {
  return reading.kind === 'absent' && isOwnReading(x, at)
}

async function judged(
  x: RunFacts,
  at: 'poll-url' | 'status',
  answer: Answer,
  named: NamedKey,
  aside: Aside,
): Promise<AskReading> {
  const { wantsData, verdict } = x.plan
  // Half an answer is none, whoever reads it; so is an empty success where a body would have been the result.
  if (answer.body.kind === 'cut' || isCut(answer, wantsData || verdict !== undefined))
    return inconclusive('the answer was cut')
  if (answer.ledTo === 'elsewhere')
    return inconclusive('the question was redirected, and the page there is not about the operation')
  const reading = await readingOf(x, at, answer, aside)
  const denies = reading.kind === 'absent' || reading.kind === 'not-executed'
  // What is elsewhere may bring the result, and knows nothing of what there is not.
  if (denies && (answer.ledTo !== undefined || isRedirect(answer)))
    return inconclusive(`the question was redirected${redirectTarget(answer)}, which proves nothing`)
  if (reading.kind !== 'absent') return reading
  if (isPage(answer)) return inconclusive('a page came instead of data')
  if (answer.body.form === 'binary') return inconclusive('neither data nor a text came')
  // Gone is said of what was there once, and "not modified" of what was kept before.
  const isOfNow = answer.status !== 304 && (answer.status !== 410 || isOwnReading(x, at))
  const isProof = named !== 'none' && isOfNow
  return isProof ? reading : { ...reading, isProof }
}

/** Which key the answer is about; `own` where the profile does not say that its answers name theirs. */
export function keyNamedBy(x: RunFacts, answer: Answer): NamedKey {
  const { namesKey, header } = x.plan.settings.profile
  return namesKey && header !== undefined ? namedKey(answer.headers, header, x.record?.key ?? '') : 'own'
}

function isOwnReading(x: RunFacts, at: 'poll-url' | 'status'): boolean {
  return at === 'status' && x.plan.status?.read !== undefined
}

async function readingOf(
  x: RunFacts,
  at: 'poll-url' | 'status',
  answer: Answer,
  aside: Aside,
): Promise<AskReading> {
  const read = at === 'status' ? x.plan.status?.read : undefined
  if (read === undefined) return closed(x, readStatus(answer, contextOf(x, at, answer)), answer, aside)
  try {
    const response = serverResponse(answer, x.engine.transport.parseJson)
    const said = statusSaid(read(response), `operation(${x.plan.name}).status.read`)
    aside.read = { misread: said.kind === 'inconclusive' ? said.reason : undefined, cause: undefined }
    // The body as it came: its text is kept, so that no number in it is written anew.
    const isBody = said.kind === 'executed' && typeof said.data === 'object' && said.data === response.body
    return isBody ? { kind: 'executed', data: undefined, form: 'body' } : said
  } catch (error) {
    if (isPromiseGiven(error)) throw error
    hearThrown(error)
    aside.read = { misread: 'status.read threw', cause: error }
    return inconclusive('status.read threw')
  }
}

function contextOf(x: RunFacts, at: 'poll-url' | 'status', { ledTo }: Answer): StatusContext {
  const { settings, response } = x.plan
  if (ledTo === 'word') return { profile: settings.profile, asked: 'status', hasSchema: false }
  const asked = at === 'status' ? 'status' : pollsAt(x)
  return { profile: settings.profile, asked, hasSchema: response !== undefined }
}

function pollsAt({ record, progress }: RunFacts): 'monitor' | 'location' {
  const stored = record !== undefined && 'statusIsMonitor' in record && record.statusIsMonitor === true
  return (progress.pollUrl === undefined ? stored : progress.pollsMonitor) ? 'monitor' : 'location'
}

/** What the answer alone does not show: a replay is judged as the operation's own answer, a resource by `response`. */
async function closed(
  x: RunFacts,
  reading: StatusReading | OpenReading,
  answer: Answer,
  aside: Aside,
): Promise<StatusReading> {
  switch (reading.kind) {
    case 'own-answer':
      return ofReplay(x, answer, aside)
    case 'resource': {
      const value = ownBody(answer, x.engine.transport.parseJson)
      const accepted = await withinTime(x, accepts(x.plan.response, value))
      return accepted ? { kind: 'executed', data: undefined, form: 'body' } : reading.otherwise
    }
    case 'executed':
      return reading.form === 'data'
        ? { ...reading, data: ownPart(answer, reading.data, x.engine.transport.parseJson) }
        : reading
    default:
      return reading
  }
}

function ofReplay(x: RunFacts, answer: Answer, aside: Aside): StatusReading {
  const { verdict, mistake } = judgeReplay(x, answer)
  aside.mistake = mistake
  switch (verdict.kind) {
    case 'succeeded':
      return { kind: 'executed', data: undefined, form: 'body' }
    case 'processing':
      return { kind: 'processing' }
    case 'rejected':
    case 'conflict':
      return verdict.conclusive ? { kind: 'not-executed' } : inconclusive(verdict.reason)
    case 'not-sent':
    case 'unknown':
    case 'mismatch':
    case 'try-again':
      return inconclusive(verdict.reason)
    default:
      return verdict satisfies never
  }
}

/** A schema that does not come back accepts nothing. */
function withinTime(x: RunFacts, accepted: Promise<boolean>): Promise<boolean> {
  return new Promise(resolve => {
    const cancel = x.engine.runtime.after(
      Math.max(0, Math.min(x.plan.settings.timeoutMs, x.remainingMs)),
      () => resolve(false),
    )
    void accepted.then(said => {
      cancel()
      resolve(said)
    })
  })
}

function inconclusive(reason: string): Extract<StatusReading, { kind: 'inconclusive' }> {
  return { kind: 'inconclusive', reason }
}
