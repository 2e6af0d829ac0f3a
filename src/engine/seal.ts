import type { Answer } from '../core/evidence.ts'
import { readStatus } from '../core/status-answer.ts'
import type { Execution } from './execution.ts'
import { request, specOf } from './ask-request.ts'
import type { AskPlan, SealReading } from './plan.ts'
import { serverResponse } from './server-response.ts'

/** Asks the server to refuse the key from now on. Only its clear word is a seal. */
export async function requestSeal(
  x: Execution,
  plan: AskPlan<SealReading>,
): Promise<{ readonly reading: SealReading; readonly answer: Answer | undefined }> {
  x.enter('asking')
  const answer = await request(x, specOf(x, plan, 'cancel.request'), 'cancel.request')
  if (typeof answer === 'string')
    return { reading: { kind: 'inconclusive', reason: answer }, answer: undefined }
  return { reading: readingOf(plan, answer), answer }
}

function readingOf(plan: AskPlan<SealReading>, answer: Answer): SealReading {
  if (plan.read === undefined) return readSeal(answer)
  try {
    return plan.read(serverResponse(answer))
  } catch {
    return { kind: 'inconclusive', reason: 'cancel.read threw' }
  }
}

/**
 * The usual forms, for definitions without `read`: 202 or a status word as in a status answer; any other
 * 2xx is the server's word that the key is sealed. A "not found" is none: the first attempt may still come.
 */
function readSeal(answer: Answer): SealReading {
  const { status, body } = answer
  if (status < 200 || status > 299)
    return { kind: 'inconclusive', reason: `the server answered ${status} to the cancel` }
  if (body.kind === 'cut') return { kind: 'inconclusive', reason: 'the answer was cut' }
  if (body.form === 'html') return { kind: 'inconclusive', reason: 'an HTML page came instead of data' }
  const reading = readStatus(answer)
  if (reading.kind === 'processing') return { kind: 'processing' }
  if (reading.kind === 'executed' && saysSo(body.parsed))
    return { kind: 'executed', data: reading.data, form: reading.form }
  return { kind: 'sealed' }
}

/** A status word, not merely a body: a cancel's 200 says "executed" only in words. */
function saysSo(parsed: unknown): boolean {
  if (typeof parsed !== 'object' || parsed === null) return false
  const { status, state, done } = parsed as Readonly<Record<string, unknown>>
  const word = status ?? state
  return (
    done === true ||
    (typeof word === 'string' &&
      /^(complete|completed|done|finished|succeeded|success|successful)$/i.test(word))
  )
}
