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

/**
 * How long errors wait for these texts, ms, all of them together: somebody waits for the end, and without the texts an error
 * says the same with fewer words.
 */
const PATIENCE_MS = 200

/** Of the errors of one runtime: when they have waited long enough. */
const patienceEnds = new WeakMap<object, number>()

/** Makes an error, or what holds one, once the texts are there: at once, but for the first error of a process or page. */
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

/** Begins loading them where something goes wrong: they are there then by the time that it becomes an error. */
export function beginAdvice(): void {
  if (adviceTexts.now === undefined) adviceTexts.load().catch(hearThrown)
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
