import type { Conclusive } from '../../core/stored/concluded.ts'
import { hearWithin } from '../../guards/synchronous.ts'
import { dataAsJson, unkept } from '../../guards/data-as-json.ts'
import { configurationError } from '../../public/errors.ts'
import { callOptions, isPlainObject, refuseUnknown, requireFlag } from '../../guards/option-checks.ts'
import type { WhichGeneration } from '../../core/stored/which-generation.ts'

/** The reason in records that `conclude` ended as not executed. */
export const CONCLUDED_NOT_EXECUTED = '`conclude` said that the operation was not executed'

/*
 * The arguments of calls about a stored operation. They are checked and copied in the tick of the call, so that later
 * changes to the caller's objects have no effect.
 */

/**
 * An outcome that a caller knows from outside: from a webhook or a reconciliation. `data` is the schema's input; values
 * that JSON would drop or empty are refused. `key` or `generation` limits the outcome to that key: if another one is
 * stored, the record stays as it is.
 */
export type Conclusion = ConclusionOptions &
  (
    | { readonly outcome: 'executed'; readonly data?: unknown }
    | { readonly outcome: 'not-executed'; readonly error?: unknown }
  )

/** Options that may be given together with the outcome, or in an object of their own. */
export type ConclusionOptions = WhichGeneration & {
  /** Also records an operation that was never begun here. Without this option, an unknown id is a mistake. */
  readonly begin?: boolean | undefined
}

export type ForgetOptions = WhichGeneration & {
  /** Also drops an open operation, and stops finding out about it. */
  readonly force?: boolean | undefined
}

export type ResumeOptions = {
  readonly send?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** Whose operations `pending` and `resume` are about: the client's own scope, or all scopes. A page has only one. */
export type WhoseOptions = { readonly scope?: 'all' | undefined }

/** The checked arguments of `conclude`. */
export type CheckedConclusion = {
  readonly told: Conclusive['told']
  readonly which: WhichGeneration
  readonly begins: boolean
  /** How errors name the call: `operation(place-order).conclude`. */
  readonly path: string
}

/** The checked arguments of `forget`. */
export type CheckedForget = { readonly which: WhichGeneration; readonly force: 'force' | 'settled-only' }

const WHICH = ['key', 'generation'] as const

/** Checks the arguments of `conclude`. `own` names the generation that is meant if the caller does not. */
export function checkedConclusion(
  told: Conclusion,
  options: ConclusionOptions | undefined,
  own: WhichGeneration,
  path: string,
): CheckedConclusion {
  try {
    const given = { ...own, ...toldAtCall(told, path), ...callOptions(options, [...WHICH, 'begin'], path) }
    requireFlag(given.begin, `${path}.begin`)
    const which = whichGeneration(given, path)
    return { told: toldFromOutside(given, path), which, begins: given.begin === true, path }
  } catch (error) {
    hearWithin([told, options])
    throw error
  }
}

export function checkedForget(
  options: ForgetOptions | undefined,
  own: WhichGeneration,
  path: string,
): CheckedForget {
  const given = { ...own, ...callOptions(options, [...WHICH, 'force'], path) }
  try {
    requireFlag(given.force, `${path}.force`)
    return { which: whichGeneration(given, path), force: given.force === true ? 'force' : 'settled-only' }
  } catch (error) {
    hearWithin(options)
    throw error
  }
}

/**
 * Checks which generation the caller named. A `key` that is present but undefined is a mistake: the webhook that should
 * have brought the key would otherwise apply to another one.
 */
function whichGeneration(given: WhichGeneration & object, path: string): WhichGeneration {
  const { key, generation } = given as Partial<Record<string, unknown>>
  if ('key' in given && (typeof key !== 'string' || key === ''))
    throw configurationError(`${path}.key`, 'must be the idempotency key that is meant, or left out')
  if ('generation' in given && !(Number.isSafeInteger(generation) && Number(generation) >= 1))
    throw configurationError(`${path}.generation`, 'must be a whole number of at least 1, or left out')
  return {
    ...(typeof key === 'string' && { key }),
    ...(typeof generation === 'number' && { generation }),
  }
}

/** Checks the options of `resume`, for one operation or for all. */
export function resumeOptions(options: ResumeOptions | undefined, path: string): ResumeOptions {
  const copy = callOptions(options, ['send', 'signal'], path)
  requireFlag(copy.send, 'resume.send')
  return copy
}

/** Checks options that can only be a signal; null counts as none. */
export function callSignal(options: { readonly signal?: AbortSignal | undefined } | undefined, path: string) {
  return callOptions(options ?? undefined, ['signal'], path)
}

function toldAtCall(told: Conclusion, path: string): Conclusion {
  if (!isPlainObject(told)) throw configurationError(path, NEEDED)
  const copy = { ...told }
  refuseUnknown(copy, ['outcome', 'data', 'error', 'begin', ...WHICH], `${path}.`)
  return copy
}

const NEEDED = "needs { outcome: 'executed' | 'not-executed' }"

function toldFromOutside(told: Conclusion, path: string): Conclusive['told'] {
  if (told.outcome === 'executed') {
    const text = toldPart(told.data, `${path}.data`)
    return { kind: 'executed', result: text === undefined ? text : { form: 'data', text, replayed: true } }
  }
  if (told.outcome !== 'not-executed') throw configurationError(path, NEEDED)
  const error = toldPart(told.error, `${path}.error`)
  return {
    kind: 'not-executed',
    failure: { code: 'rejected', reason: CONCLUDED_NOT_EXECUTED, error },
  }
}

function toldPart(value: unknown, path: string): string | undefined {
  if (value === undefined) return undefined
  const { text, fault } = dataAsJson(value)
  if (fault !== undefined) throw unkept(path, fault)
  return text
}
