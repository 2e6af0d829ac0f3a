import type { FailureCause } from '../../core/answers/evidence.ts'
import type { ErrorFacts } from '../../core/answers/transport-failure.ts'
import { hearThrown } from '../../guards/synchronous.ts'

/**
 * An error as plain data, following `cause` to the error that has a code or a syscall. Messages are left out, because
 * Node's own repeat a header's value. An error that throws when it is read gives no facts and proves nothing.
 */
export function errorFacts(error: unknown): ErrorFacts {
  try {
    return readFacts(error)
  } catch (failure) {
    hearThrown(failure)
    return { name: 'Error', inner: [] }
  }
}

function readFacts(error: unknown): ErrorFacts {
  let current = error
  for (let depth = 0; depth < 8; depth++) {
    if (!isRecord(current) || hasCode(current) || !isRecord(current['cause'])) break
    current = current['cause']
  }
  const inner = isRecord(current) && Array.isArray(current['errors']) ? current['errors'].map(factsOf) : []
  return { ...factsOf(current), name: nameOf(error), inner }
}

/** A cause for an OperationError: only those parts of an error that may be shown. */
export function redacted(error: unknown): Error {
  const { name, code, syscall } = errorFacts(error)
  const cause = new Error([name, code, syscall && `during ${syscall}`].filter(Boolean).join(' '))
  return Object.assign(cause, code && { code }, syscall && { syscall })
}

function factsOf(value: unknown): FailureCause {
  if (!isRecord(value)) return { name: nameOf(value) }
  return { name: nameOf(value), code: shortText(value['code']), syscall: shortText(value['syscall']) }
}

function hasCode(value: Readonly<Record<string, unknown>>): boolean {
  return (
    typeof value['code'] === 'string' ||
    typeof value['syscall'] === 'string' ||
    Array.isArray(value['errors'])
  )
}

function nameOf(value: unknown): string {
  return (isRecord(value) && shortText(value['name'])) || 'Error'
}

/** Codes and names are short words; anything else might contain a value of the request. */
function shortText(value: unknown): string | undefined {
  return typeof value === 'string' && /^\w{1,60}$/.test(value) ? value : undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
