import type { FailedRecord, StoredResult, SucceededRecord } from '../core/record/operation-record.ts'
import { ASKED_NOT_EXECUTED } from '../core/record/stored-answer.ts'
import type { Outcome } from '../core/record/outcome.ts'
import type { End } from '../core/run/end.ts'
import { reasonOf } from '../core/run/end-reason.ts'
import type { JsonReader } from '../guards/json-reader.ts'
import { bodyOf, parseJson, serverResponse, storedResponse } from '../engine/answer/server-response.ts'
import { isAccepting } from '../engine/answer/schema-says.ts'
import { saidOfRefusal, serverMessageOf } from '../engine/answer/server-message.ts'
import { hearThrown } from '../guards/synchronous.ts'
import { isReadAgain } from '../engine/answer/result-from-data.ts'
import type { Answer } from '../core/answers/evidence.ts'
import { isTooLong } from '../core/answers/answer-marks.ts'
import type { ErrorCode, OperationError, ServerResponse } from '../public/errors.ts'
import { withOutcome } from '../public/errors.ts'
import { errorOf, withAdvice } from './error-of.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { AnswerContext, SettledResponse } from './settled-response.ts'
import { answered, answeredHere, refusedWith, responseIn } from './settled-response.ts'
import type { StandardSchema } from '../public/standard-schema.ts'

/** How a run ended, for its callers. `executed` with an `error` means: it happened, but its result cannot be given. */
export type Settled<Output = unknown> =
  | {
      readonly outcome: 'executed'
      readonly data: Output
      readonly replayed: boolean
      readonly error?: undefined
      readonly response?: SettledResponse | undefined
    }
  | {
      readonly outcome: 'executed'
      readonly data: undefined
      readonly replayed: boolean
      readonly error: OperationError
      readonly response?: SettledResponse | undefined
    }
  | {
      readonly outcome: 'not-executed'
      readonly error: OperationError
      readonly response?: SettledResponse | undefined
    }
  | { readonly outcome: 'unknown'; readonly error: OperationError; readonly response?: undefined }

export type EndContext = AnswerContext & {
  readonly operationId: string
  readonly runtime: Pick<Runtime, 'after' | 'monotonic'>
  readonly schema: StandardSchema | undefined
  readonly honoursKeys: boolean
  /** As in the plan. */
  readonly givesAnswers?: boolean | undefined
  /** No callback of the definition has had access to the response. */
  readonly isUntouched?: boolean | undefined
  /** The http layer's own JSON parser. */
  readonly parseJson?: JsonReader | undefined
  readonly record:
    | { readonly key: string; readonly generation: number; readonly attempts: number }
    | undefined
}

/** Translates an end for the user. `response` reads the stored body at every return. */
export function settledFrom<Output>(
  end: End,
  context: EndContext,
): Settled<Output> | Promise<Settled<Output>> {
  switch (end.kind) {
    case 'executed':
      return executed<Output>(end.record, end.replayed, context)
    case 'failed':
      return withAdvice(context.runtime, () =>
        answered(
          { outcome: 'not-executed', error: failedError(end.record, context) },
          refusedWith(end.record, context),
        ),
      )
    case 'stopped':
      if (end.mistake !== undefined)
        return stopped(end.outcome, withOutcome(end.mistake as OperationError, end.outcome))
      return withAdvice(context.runtime, () => {
        const told = stopped<Output>(end.outcome, stoppedError(end, context))
        const isRefused = end.outcome === 'not-executed' && REFUSALS.has(end.code)
        return isRefused ? answered(told, answeredHere(context)) : told
      })
    default:
      return end satisfies never
  }
}

/** Codes of ends that the server's response caused: it is the reason why nothing was executed. */
const REFUSALS = new Set<ErrorCode>(['rejected', 'conflict', 'payload-mismatch', 'unresolved'])

/*
 * The end of an executed operation, with its data. A class, so that `response` is made only for callers that read it
 * (nearly all take only the data) and appears in no log.
 */
class Executed<Output> {
  readonly outcome = 'executed'
  readonly data: Output
  readonly replayed: boolean
  readonly #result: StoredResult

  constructor(data: Output, replayed: boolean, result: StoredResult) {
    this.data = data
    this.replayed = replayed
    this.#result = result
  }

  get response(): SettledResponse | undefined {
    return responseIn(this.#result)
  }
}

type Unreadable<Output> = (
  code: ErrorCode,
  reason: string,
  cause?: unknown,
) => Settled<Output> | Promise<Settled<Output>>

function stopped<Output>(outcome: Outcome, error: OperationError, replayed = false): Settled<Output> {
  if (outcome === 'executed') return { outcome, data: undefined, replayed, error }
  return { outcome, error }
}

function executed<Output>(
  record: SucceededRecord,
  replayed: boolean,
  context: EndContext,
): Settled<Output> | Promise<Settled<Output>> {
  const unreadable: Unreadable<Output> = (code, reason, cause) =>
    withAdvice(context.runtime, () => {
      const response = responseOf(context.answer, context.parseJson)
      const error = errorOf({ code, outcome: 'executed', reason, cause, response }, context)
      return answered(stopped<Output>('executed', error, replayed), responseIn(record.result))
    })
  if (record.result === undefined) {
    const { answer } = context
    if (answer === undefined || answer.status < 200 || answer.status > 299)
      return unreadable(
        'already-executed',
        'the operation was executed earlier, and its result is not kept here',
      )
    return unreadable(
      'response-invalid',
      isTooLong(answer)
        ? "the server's answer is longer than `maxBodyBytes`"
        : "the server's answer could not be read",
    )
  }
  const { text, form } = record.result
  let value: unknown
  try {
    const own = form === 'body' ? context.parseJson : undefined
    value = own === undefined ? (parsedBefore(text, context) ?? bodyOf(text)) : bodyOf(text, own)
  } catch (error) {
    return unreadable('response-invalid', '`parseJson` could not read its result', error)
  }
  if (context.schema === undefined) return new Executed(value as Output, replayed, record.result)
  return validated(value, replayed, record.result, context.schema, unreadable)
}

/** The value that the gate parsed, if nobody else has had access to it and may have changed it. */
function parsedBefore(text: string, { answer, isUntouched }: EndContext): unknown {
  const body = isUntouched === true ? answer?.body : undefined
  return body?.kind === 'whole' && body.form === 'json' && body.text === text ? body.parsed : undefined
}

async function validated<Output>(
  value: unknown,
  replayed: boolean,
  result: StoredResult,
  schema: StandardSchema,
  unreadable: Unreadable<Output>,
): Promise<Settled<Output>> {
  try {
    const checked = await schema['~standard'].validate(value)
    if (checked.issues === undefined) hearThrown(checked.value)
    if (isAccepting(checked)) return new Executed(checked.value as Output, replayed, result)
    const { issues }: { readonly issues?: Issues | undefined } = checked
    return await unreadable(
      'response-invalid',
      `the result does not fit \`response\`${firstIssue(issues)}`,
      issues,
    )
  } catch (error) {
    hearThrown(error)
    return unreadable('response-invalid', '`response` threw while it read the result', error)
  }
}

type Issues = readonly { readonly path?: readonly unknown[] | undefined }[]

/** The path of the first mismatch. The values come from the server and stay out of the message. */
function firstIssue(issues: Issues | undefined): string {
  const path = issues?.[0]?.path?.map(part =>
    String(typeof part === 'object' && part !== null && 'key' in part ? part.key : part),
  )
  return path === undefined || path.length === 0 ? '' : ` at ${path.join('.')}`
}

function failedError(record: FailedRecord, context: EndContext): OperationError {
  const { failure } = record
  const response = responseOf(context.answer, context.parseJson) ?? storedResponse(failure, context.parseJson)
  const { error, code } = failure
  // A response to a status request is about that request: its 401 is no refusal of the operation.
  const isOwn = failure.reason !== ASKED_NOT_EXECUTED && code !== 'sealed'
  const own = error !== undefined && isReadAgain(error, context.parseJson) ? context.parseJson : undefined
  const said = error === undefined ? undefined : (own ?? parseJson)(error)
  return errorOf(
    {
      code,
      outcome: 'not-executed',
      reason: failure.reason,
      about: reasonOf({ code, outcome: 'not-executed', status: isOwn ? failure.status : undefined }),
      response,
      serverMessage: isOwn ? serverMessageOf(response) : saidOfRefusal(said),
      cause: said,
    },
    context,
  )
}

function stoppedError(end: Extract<End, { kind: 'stopped' }>, context: EndContext): OperationError {
  const withResponse = [
    'rejected',
    'conflict',
    'payload-mismatch',
    'unresolved',
    'key-expired',
    'configuration',
  ].includes(end.code)
  const response = withResponse ? responseOf(context.answer, context.parseJson) : undefined
  return errorOf(
    {
      code: end.code,
      outcome: end.outcome,
      reason: end.reason,
      retryAt: end.retryAt,
      cause: end.cause,
      advice: end.advice,
      about: end.about,
      nothingSent: end.nothingSent,
      response,
      serverMessage: serverMessageOf(response, context.answer),
    },
    context,
  )
}

function responseOf(answer: Answer | undefined, own?: JsonReader): ServerResponse | undefined {
  if (answer === undefined) return undefined
  try {
    return serverResponse(answer, own)
  } catch {
    return serverResponse(answer)
  }
}
