import type { ServerAnswer } from './answer/answer.ts'
import { responseOfAnswer } from './answer/answer.ts'
import type { Handler, PlainHandler } from './execution.ts'
import type { HandleOptions } from './handle-options.ts'
import type { AskedRequest } from './request/asked.ts'

/** `handle` for adapters, whose frameworks have no Request and need no Response. */
export type PlainHandle<Context> = <Input>(
  asked: AskedRequest,
  handler: PlainHandler,
  call: HandleOptions<Context, Input>,
) => Promise<ServerAnswer>

type Handles<Context> = {
  readonly handle: <Input>(
    request: Request,
    handler: Handler<Input>,
    call?: HandleOptions<Context, Input>,
  ) => Promise<Response>
}

type Plainly = { readonly of: unknown; readonly handle: PlainHandle<unknown> }

const PLAINLY = new WeakMap<object, Plainly>()

export function answersPlainly<Context>(idempotency: Handles<Context>, handle: PlainHandle<Context>): void {
  PLAINLY.set(idempotency, { of: idempotency.handle, handle: handle as PlainHandle<unknown> })
}

/** If somebody has replaced `handle` on the object, the replacement is called. */
export function plainHandleOf<Context>(idempotency: Handles<Context>): PlainHandle<Context> {
  const known = PLAINLY.get(idempotency)
  if (known !== undefined && known.of === idempotency.handle) return known.handle
  return (asked, handler, call) =>
    idempotency.handle(
      asked.request(),
      async (_, execution) => responseOfAnswer(await handler(asked, execution)),
      call,
    )
}

/** The function that `wrap` returns, in a form for adapters that need no Response. */
export type PlainServe = (request: Request, context: unknown) => Promise<ServerAnswer>

const SERVES = new WeakMap<object, PlainServe>()

export function servesPlainly<Serve extends object>(wrapped: Serve, serve: PlainServe): Serve {
  SERVES.set(wrapped, serve)
  return wrapped
}

/** Undefined for any function that `wrap` did not return, even if the function calls such a handler. */
export function plainServeOf(wrapped: object): PlainServe | undefined {
  return SERVES.get(wrapped)
}
