import { remediesFor } from '../core/run/page-remedies.ts'
import type { Snapshot } from '../client/snapshot.ts'
import type { OperationError } from '../public/errors.ts'
import { honoursKeys } from '../public/errors.ts'
import type { MutationView } from './mutation-view.ts'
import { IDLE, NO_RESULT, QUIET, flags } from './mutation-view.ts'

/** The remedy after another payload was executed. */
const CHANGE = Object.freeze(['change'] as const)

/** What one hook sees of an operation, from the point of view of its own input. */
export type Look<Input> = {
  readonly variables: Input
  readonly snapshot: Snapshot | undefined
  /** Whether the payload of these variables is the snapshot's; undefined while that is not known. */
  readonly isSame: boolean | undefined
  /** The hook's own call with these variables has not ended. */
  readonly isCalling: boolean
  /** How the hook's own call ended, if that is not the operation's end. */
  readonly ownEnd: OperationError | undefined
}

/** Whether two looks are equal, so that there is nothing new to render. */
export function isSameLook(one: Look<unknown>, other: Look<unknown>): boolean {
  return (
    one.variables === other.variables &&
    one.snapshot === other.snapshot &&
    one.isSame === other.isSame &&
    one.isCalling === other.isCalling &&
    one.ownEnd === other.ownEnd
  )
}

/**
 * The view of a hook. "Under way" and "unknown" hold for every input of the operation; "executed" and "refused" only
 * for the input with which the operation was executed or refused.
 */
export function viewOf<Input, Output>(look: Look<Input>): MutationView<Input, Output> {
  const { snapshot, ownEnd, isSame, isCalling, variables } = look
  const refusal = ownEnd?.reason === 'changed' ? ownEnd : undefined
  if (ownEnd !== undefined && refusal === undefined) return failure(ownEnd, look)
  if (snapshot === undefined) return refusal === undefined ? IDLE : ofRefusal(refusal, look)
  if (snapshot.phase !== 'settled') return pending(look, refusal)
  switch (snapshot.outcome) {
    case 'executed':
      if (refusal !== undefined || isSame === false) return changed(snapshot, look, refusal)
      if (isSame === true) return success(snapshot, variables)
      break
    case 'not-executed':
      if (refusal?.outcome === 'not-executed') return failure(refusal, look)
      if (refusal !== undefined || isSame === true) return failure(snapshot.error, look)
      break
    case 'unknown':
      return failure(refusal ?? snapshot.error, look)
    default:
      snapshot.outcome satisfies never
  }
  return isCalling ? pending(look, refusal) : IDLE
}

function pending<Input>(look: Look<Input>, refusal: OperationError | undefined): MutationView<Input, never> {
  const { snapshot, isSame, variables } = look
  const isOver = snapshot === undefined || snapshot.phase === 'settled'
  return {
    ...flags('pending'),
    ...NO_RESULT,
    ...QUIET,
    ...detailsOf(snapshot),
    isPaused: !isOver && snapshot.isPaused,
    variables,
    error: refusal ?? null,
    reason: refusal !== undefined || isSame === false ? 'changed' : undefined,
    // The known end is not this call's own.
    outcome: isOver ? 'unknown' : snapshot.outcome,
    phase: isOver ? 'claiming' : snapshot.phase,
  }
}

function success<Input, Output>(snapshot: Snapshot, variables: Input): MutationView<Input, Output> {
  const { error, replayed } = snapshot
  const outcome = 'executed' as const
  const common = {
    ...flags('success'),
    ...detailsOf(snapshot),
    executed: undefined,
    isPaused: false,
    variables,
    outcome,
  }
  const told = { ...QUIET, ...common, phase: 'settled', replayed } as const
  return error === undefined
    ? { ...told, data: snapshot.data as Output, error: null, reason: undefined }
    : { ...told, data: undefined, error, reason: error.reason }
}

function changed<Input, Output>(
  snapshot: Snapshot,
  { variables }: Look<Input>,
  refusal: OperationError | undefined,
): MutationView<Input, Output> {
  const { data, error } = snapshot
  return {
    ...flags('changed'),
    ...NO_RESULT,
    ...QUIET,
    ...detailsOf(snapshot),
    executed: error === undefined ? { data: data as Output, error: null } : { data: undefined, error },
    variables,
    error: refusal ?? null,
    outcome: 'executed',
    reason: 'changed',
    can: CHANGE,
    phase: 'settled',
  }
}

/** A call met another payload, of which nothing else is known here yet. */
function ofRefusal<Input>(refusal: OperationError, look: Look<Input>): MutationView<Input, never> {
  if (refusal.outcome !== 'executed') return failure(refusal, look)
  const { variables } = look
  const { key: idempotencyKey, attempts, reason: _, ...told } = refusal
  return {
    ...flags('changed'),
    ...NO_RESULT,
    ...QUIET,
    executed: { data: undefined, error: refusal },
    variables,
    error: refusal,
    outcome: 'executed',
    reason: 'changed',
    can: CHANGE,
    phase: 'settled',
    attempts,
    idempotencyKey,
    retryAt: told.retryAt,
  }
}

function failure<Input>(error: OperationError | undefined, look: Look<Input>): MutationView<Input, never> {
  if (error === undefined) throw new TypeError('a run that did not end as executed has an error')
  const { variables, snapshot, isSame } = look
  const { outcome, serverMessage } = error
  const isOther = outcome === 'unknown' && isSame === false
  const reason = isOther ? 'changed' : error.reason
  const common = {
    ...NO_RESULT,
    ...detailsOf(snapshot),
    isPaused: false,
    variables,
    error,
    reason,
    can: remediesFor({ outcome, reason, honoursKeys: honoursKeys(error), code: error.code }),
    serverMessage,
    ...(error.nothingSent === true && { nothingSent: true as const }),
    phase: 'settled',
  } as const
  return outcome === 'not-executed'
    ? { ...common, ...flags('error'), outcome }
    : { ...common, ...flags('unknown'), outcome: 'unknown' }
}

function detailsOf(snapshot: Snapshot | undefined) {
  return {
    attempts: snapshot?.attempts ?? 0,
    retryAt: snapshot?.nextLookAt ?? snapshot?.retryAt,
    idempotencyKey: snapshot?.key,
  }
}
