import type { Advice } from '../core/run/advice.ts'
import type * as Texts from '../public/advice-texts.ts'
import type { OperationErrorInit } from '../public/errors.ts'
import { OperationError } from '../public/errors.ts'
import { hearThrown } from '../guards/synchronous.ts'
import { Part } from '../runtime/part.ts'
import type { Runtime } from '../runtime/runtime.ts'

/** The texts of what a person can do about an error. */
export const adviceTexts = new Part<Pick<typeof Texts, 'adviceText'>>(
  () => import('../public/advice-texts.ts'),
)

/** How long an error waits for these texts, ms: one that could not be loaded says the same with fewer words. */
const PATIENCE_MS = 1_000

/** Makes an error, or what holds one, once the texts are there: at once, but for the first error of a process or page. */
export function withAdvice<Value>(
  runtime: Pick<Runtime, 'after'>,
  make: () => Value | Promise<Value>,
): Value | Promise<Value> {
  if (adviceTexts.now !== undefined) return make()
  return new Promise<void>(resolve => {
    const cancel = runtime.after(PATIENCE_MS, resolve)
    adviceTexts
      .load()
      .catch(hearThrown)
      .finally(() => {
        cancel()
        resolve()
      })
  }).then(make)
}

export type ErrorInit = OperationErrorInit & {
  /** What can help, where the reason knows better than code and outcome. */
  readonly advice?: Advice | undefined
}

/** What an error holds of the record. */
type ErrorRecord = { readonly key: string; readonly generation: number; readonly attempts: number }

/** An error about one operation, with what its record holds. */
export function errorOf(
  init: ErrorInit,
  context: {
    readonly operationId: string | undefined
    readonly record: ErrorRecord | undefined
    readonly honoursKeys?: boolean | undefined
  },
): OperationError {
  const { record } = context
  const key = record?.key === '' ? undefined : record?.key
  return new OperationError({
    help: adviceTexts.now?.adviceText(init),
    ...init,
    operationId: context.operationId,
    key,
    generation: record?.generation,
    attempts: record?.attempts,
    honoursKeys: context.honoursKeys,
  })
}
