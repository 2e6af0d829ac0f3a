import type { Conclusive } from '../../core/stored/concluded.ts'
import { hearWithin } from '../../guards/synchronous.ts'
import { dataAsJson, unkept } from '../../guards/data-as-json.ts'
import { configurationError } from '../../public/errors.ts'
import { callOptions, isPlainObject, refuseUnknown, requireFlag } from '../../guards/option-checks.ts'
import type { WhichGeneration } from '../../core/stored/which-generation.ts'

/** Why a record failed that `conclude` ended. */
export const CONCLUDED_NOT_EXECUTED = '`conclude` said that the operation was not executed'

/*
 * What a caller says of a stored operation: checked, and copied in the tick of the call, so that what becomes of the
 * caller's objects afterwards says nothing else.
 */

/**
 * What a caller knows from outside: a webhook, a reconciliation. `data` is the schema's input; what JSON would drop or
 * empty is refused. `key` or `generation` say of which key it speaks: another one than is stored then is left as it is.
 */
export type Conclusion = ConclusionOptions &
  (
    | { readonly outcome: 'executed'; readonly data?: unknown }
    | { readonly outcome: 'not-executed'; readonly error?: unknown }
  )

/** Options that may stand beside the outcome, or in an object of their own. */
export type ConclusionOptions = WhichGeneration & {
  /** Writes down also what was never begun here. Without it, an id that nobody knows is a mistake. */
  readonly begin?: boolean | undefined
}

export type ForgetOptions = WhichGeneration & {
  /** Drops an open operation too, and gives up finding out. */
  readonly force?: boolean | undefined
}

export type ResumeOptions = {
  readonly send?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** Whose operations `pending` and `resume` are about: of the client's own scope, or of all. In a page there is only one. */
export type WhoseOptions = { readonly scope?: 'all' | undefined }

/** What `conclude` was called with. */
export type CheckedConclusion = {
  readonly told: Conclusive['told']
  readonly which: WhichGeneration
  readonly begins: boolean
  /** Where the call is named in errors: `operation(place-order).conclude`. */
  readonly path: string
}

/** What `forget` was called with. */
export type CheckedForget = { readonly which: WhichGeneration; readonly force: 'force' | 'settled-only' }

const WHICH = ['key', 'generation'] as const

/** `own` is which one is meant where the caller says nothing of it. */
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
 * What the caller said of the generation, checked. A `key` that is there and undefined is a mistake: the
 * webhook that should have brought it would speak of another one.
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

/** Of one operation or of all. */
export function resumeOptions(options: ResumeOptions | undefined, path: string): ResumeOptions {
  const copy = callOptions(options, ['send', 'signal'], path)
  requireFlag(copy.send, 'resume.send')
  return copy
}

/** Where only a signal can be given, null is none. */
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
