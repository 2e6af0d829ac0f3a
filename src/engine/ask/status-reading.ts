import { definitionPath } from '../plan.ts'
import { accepts } from '../answer/schema-says.ts'
import { statusSaid } from './read-callbacks.ts'
import type { Answer } from '../../core/answers/evidence.ts'
import type { NamedKey } from '../../core/answers/named-key.ts'
import { namedKey } from '../../core/answers/named-key.ts'
import type { OpenReading, StatusContext, StatusReading } from '../../core/answers/status-answer.ts'
import { readStatus } from '../../core/answers/status-answer.ts'
import type { AskReading, AskedAbout, Read } from '../../core/answers/weighed-reading.ts'
import { readingOfReplay, weighed, whyNotRead } from '../../core/answers/weighed-reading.ts'
import type { Asked } from '../../core/run/run-events.ts'
import { judgeReplay } from '../answer/observe.ts'
import type { RunFacts } from '../run/run-facts.ts'
import { isReadFrom } from '../answer/result-from-data.ts'
import { ownBody, ownPart, serverResponse } from '../answer/server-response.ts'
import { hearThrown, isPromiseGiven } from '../../guards/synchronous.ts'

/* Interprets the response to a poll or a status request, by the definition's `read` or by the usual forms. */

/** The meaning of a response, and the result of the callbacks that read it. */
export type AnswerRead = { readonly reading: AskReading } & Pick<Asked, 'read' | 'mistake'>

/** What the definition's callbacks left besides the meaning of the response. */
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
  const { wantsData, verdict, settings } = x.plan
  const asking: AskedAbout = {
    named: keyNamedBy(x, answer),
    waitsForBody: wantsData || verdict !== undefined,
    isOwnReading: at === 'status' && x.plan.status?.read !== undefined,
    profile: settings.profile,
  }
  const fault = whyNotRead(answer, asking)
  const reading = fault === undefined ? await readingOf(x, at, answer, aside) : inconclusive(fault)
  return weighed(answer, reading, asking)
}

/** The key that the response is about; `own` if the profile does not say that its responses name their key. */
export function keyNamedBy(x: RunFacts, answer: Answer): NamedKey {
  const { namesKey, header } = x.plan.settings.profile
  return namesKey && header !== undefined ? namedKey(answer.headers, header, x.record?.key ?? '') : 'own'
}

async function readingOf(
  x: RunFacts,
  at: 'poll-url' | 'status',
  answer: Answer,
  aside: Aside,
): Promise<Read> {
  const read = at === 'status' ? x.plan.status?.read : undefined
  if (read === undefined) return closed(x, readStatus(answer, contextOf(x, at, answer)), answer, aside)
  const { parseJson } = x.engine.transport
  try {
    const response = serverResponse(answer, parseJson)
    const said = statusSaid(read(response), `${definitionPath(x.plan)}.status.read`)
    aside.read = { misread: said.kind === 'inconclusive' ? said.reason : undefined, cause: undefined }
    // The value is the body itself: its original text is kept, so that no number in it is rewritten.
    const isBody = said.kind === 'executed' && typeof said.data === 'object' && said.data === response.body
    return isBody && isReadFrom(said.data, answer.body.text, parseJson)
      ? { kind: 'executed', data: undefined, form: 'body' }
      : said
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

/**
 * Completes a reading that the response alone does not decide: a replay is judged like the operation's own response,
 * and `response` decides whether a resource is the result.
 */
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
    case 'not-executed':
      return { ...reading, error: ownPart(answer, reading.error, x.engine.transport.parseJson) }
    default:
      return reading
  }
}

function ofReplay(x: RunFacts, answer: Answer, aside: Aside): StatusReading {
  const { verdict, mistake } = judgeReplay(x, answer)
  aside.mistake = mistake
  return readingOfReplay(verdict)
}

/** A schema that does not return in time accepts nothing. */
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
