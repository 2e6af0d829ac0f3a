import type { ServerAnswer } from './answer/answer.ts'
import { AnsweredError } from './answer/answered-error.ts'
import { respond } from './answer/answers.ts'
import type { PlainHandler } from './execution.ts'
import { unprotected } from './execution.ts'
import type { AskedRequest } from './request/asked.ts'
import { refusedBody } from './request/incoming.ts'
import type { ServerRuntime } from './server-runtime.ts'
import { answerOfNotExecuted, isNotExecuted } from './answer/not-executed.ts'
import type { ServerSettings } from './options.ts'
import type { Parse } from './request/parse-input.ts'
import { answerOfParse, parseInput } from './request/parse-input.ts'

type UnkeyedRules = {
  readonly parse: Parse | undefined
  readonly runtime: ServerRuntime
  readonly settings: ServerSettings
}

/** Handles a request without a key, if none is required: nothing is claimed, but `parse` still runs first. */
export async function handleUnkeyed(
  asked: AskedRequest,
  handler: PlainHandler,
  { parse, runtime, settings }: UnkeyedRules,
): Promise<ServerAnswer> {
  if (parse === undefined) return handleUnprotected(asked, handler, { runtime, settings })
  const body = await asked.read(settings.maxBodyBytes)
  if (body.kind !== 'whole') return respond(refusedBody(body.kind, settings.maxBodyBytes))
  const parsed = await parseInput(parse, asked, body.bytes)
  return parsed.kind === 'input'
    ? handleUnprotected(asked, handler, { runtime, settings, input: parsed.input })
    : answerOfParse(parsed, settings.retryAfter)
}

/** One run without any guarantee. The framework gets its errors as always. */
export async function handleUnprotected(
  asked: AskedRequest,
  handler: PlainHandler,
  { runtime, settings, input }: Omit<UnkeyedRules, 'parse'> & { readonly input?: unknown },
): Promise<ServerAnswer> {
  try {
    return await handler(asked, unprotected(asked, runtime, input))
  } catch (error) {
    if (error instanceof AnsweredError) return error.answer
    if (isNotExecuted(error)) return answerOfNotExecuted(error, settings.retryAfter)
    throw error
  }
}
