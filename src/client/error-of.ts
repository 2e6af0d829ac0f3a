import type { Advice } from '../core/run/advice.ts'
import type { OperationErrorInit } from '../public/errors.ts'
import { OperationError } from '../public/errors.ts'
import { Part } from '../runtime/part.ts'

/** The texts of what a person can do about an error: an error that comes before they are loaded does without. */
export const adviceTexts = new Part(() => import('../public/advice.ts'))

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
