import { takes } from '../answer/schema-says.ts'
import { isPage } from '../../core/answers/answer-marks.ts'
import type { Answer } from '../../core/answers/evidence.ts'
import { allowedTarget } from '../../core/answers/poll-target.ts'
import type { RunFacts } from '../run/run-facts.ts'
import type { AskReading } from '../../core/answers/weighed-reading.ts'

/*
 * Where to find the result of a long-running operation, once its monitor has reported success. Azure's guidelines
 * ("Long-running operations & jobs"): `result` in the monitor's response for an action, the resource's own URL for a
 * PUT or a PATCH. Azure's SDKs also use `resourceLocation` in the monitor's response, and the `Location` of the first
 * response to a POST.
 */

/** The URL of the result; undefined if there is none, as after a DELETE. */
export function resultUrlOf(x: RunFacts, named: string | undefined): string | undefined {
  const { record, progress } = x
  if (record === undefined) return undefined
  const { method, origin, path, queryHash } = record.target
  // A record does not store the query, which may contain a credential.
  const stored = queryHash === '' && origin !== '' ? `${origin}${path}` : undefined
  const own = x.payload?.url.href ?? stored
  const { trustedOrigins } = x.plan.settings.profile
  if (named !== undefined && own !== undefined) {
    const target = allowedTarget(named, own, trustedOrigins)
    if (target !== undefined) return target.url
  }
  switch (method) {
    case 'PUT':
      return own
    case 'PATCH':
      return progress.resourceUrl ?? own
    case 'DELETE':
      return undefined
    default:
      return progress.resourceUrl
  }
}

/** Reads the result from a response, if it is there. The operation was executed, whatever this request brings. */
export function readResult(x: RunFacts, answer: Answer): AskReading {
  const { body, status } = answer
  const isWanted = body.kind === 'whole' && (body.form === 'json' || takes(x.plan.response, body.text))
  if (answer.ledTo === 'elsewhere' || answer.ledTo === 'word')
    return { kind: 'inconclusive', reason: 'no result came: the question was redirected elsewhere' }
  if ((status !== 200 && status !== 201) || !isWanted || body.text === '' || isPage(answer))
    return { kind: 'inconclusive', reason: `no result came: ${answer.status}` }
  return { kind: 'executed', data: undefined, form: 'body' }
}
