import type { Advice } from '../core/run/advice.ts'
import type * as Texts from '../public/advice-texts.ts'
import type { OperationErrorInit } from '../public/errors.ts'
import { OperationError } from '../public/errors.ts'
import { hearThrown } from '../guards/synchronous.ts'
import { Part } from '../runtime/part.ts'
import type { Runtime } from '../runtime/runtime.ts'

/** The texts of the advice in errors. */
export const adviceTexts = new Part<Pick<typeof Texts, 'adviceText'>>(
  () => import('../public/advice-texts.ts'),
)

/**
 * How long errors wait for these texts, ms, all errors of a runtime together. A caller waits for the error, which
 * without the texts says the same in fewer words.
 */
const PATIENCE_MS = 200

/** When the errors of each runtime have waited long enough, monotonic ms. */
const patienceEnds = new WeakMap<object, number>()

/**
 * Makes an error, or a value that contains one, once the texts are loaded: at once, except for the first error of a
 * process or page.
 */
export function withAdvice<Value>(
  runtime: Pick<Runtime, 'after' | 'monotonic'>,
  make: () => Value | Promise<Value>,
): Value | Promise<Value> {
  if (adviceTexts.now !== undefined) return make()
  const nowMs = runtime.monotonic()
  const untilMs = patienceEnds.get(runtime) ?? nowMs + PATIENCE_MS
  patienceEnds.set(runtime, untilMs)
  if (nowMs >= untilMs) {
    beginAdvice()
    return make()
  }
  return new Promise<void>(resolve => {
    const cancel = runtime.after(untilMs - nowMs, resolve)
    adviceTexts
      .load()
      .catch(hearThrown)
      .finally(() => {
        cancel()
        resolve()
      })
  }).then(make)
}

/** Begins to load the texts when something goes wrong, so that they are there by the time an error is made. */
export function beginAdvice(): void {
  if (adviceTexts.now === undefined) adviceTexts.load().catch(hearThrown)
}

export type ErrorInit = OperationErrorInit & {
  /** The advice, if the reason of the end decides it better than code and outcome. */
  readonly advice?: Advice | undefined
}

/** The part of a record that an error contains. */
type ErrorRecord = { readonly key: string; readonly generation: number; readonly attempts: number }

/** Makes an error about one operation, with data from its record. */
export function errorOf(
  init: ErrorInit,
  context: {
    readonly operationId: string | undefined
    readonly record: ErrorRecord | undefined
    readonly honoursKeys?: boolean | undefined
    /** As in the plan: set for a fetch, whose user calls other methods than that of an operation. */
    readonly givesAnswers?: boolean | undefined
  },
): OperationError {
  const { record } = context
  const key = record?.key === '' ? undefined : record?.key
  return new OperationError({
    help: adviceTexts.now?.adviceText(init, context.givesAnswers === true ? 'fetch' : 'operation'),
    ...init,
    operationId: context.operationId,
    key,
    generation: record?.generation,
    attempts: record?.attempts,
    honoursKeys: context.honoursKeys,
  })
}
