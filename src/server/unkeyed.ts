import { AnsweredError } from './answer/answered-error.ts'
import { respond } from './answer/answers.ts'
import { readRequest } from './answer/bodies.ts'
import type { Handler } from './execution.ts'
import { unprotected } from './execution.ts'
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

/** A request without a key, where none is required: nothing is claimed, and `parse` comes first all the same. */
export async function handleUnkeyed(
  request: Request,
  handler: Handler,
  { parse, runtime, settings }: UnkeyedRules,
): Promise<Response> {
  if (parse === undefined) return handleUnprotected(request, handler, { runtime, settings })
  const body = await readRequest(request, settings.maxBodyBytes)
  if (body.kind !== 'whole') return respond(refusedBody(body.kind, settings.maxBodyBytes))
  const parsed = await parseInput(parse, request, body.bytes)
  return parsed.kind === 'input'
    ? handleUnprotected(request, handler, { runtime, settings, input: parsed.input })
    : answerOfParse(parsed, settings.retryAfter)
}

/** One run without any promise; its framework sees its errors as ever. */
export async function handleUnprotected(
  request: Request,
  handler: Handler,
  { runtime, settings, input }: Omit<UnkeyedRules, 'parse'> & { readonly input?: unknown },
): Promise<Response> {
  try {
    return await handler(request, unprotected(request, runtime, input))
  } catch (error) {
    if (error instanceof AnsweredError) return error.answer
    if (isNotExecuted(error)) return answerOfNotExecuted(error, settings.retryAfter)
    throw error
  }
}
