import { configurationError } from '../public/errors.ts'
import type { Execution } from './execution.ts'

/* Ways from an adapter to `onError`, beside what the run of a key ends with. */

type Tell = (error: unknown) => void

const OF_RUNS = new WeakMap<object, Tell>()

/** Says who is told of what a handler throws after it has answered. */
export function reportRunErrorsTo(execution: Execution, onError: Tell): Execution {
  OF_RUNS.set(execution, onError)
  return execution
}

/** It changes nothing of the answer; the owner hears of it with the key. Without a key only its framework does. */
export function reportRunError(execution: object, error: unknown): void {
  OF_RUNS.get(execution)?.(error)
}

const OF_APPS = new WeakMap<object, Tell>()

/** Says who is told of what comes before any run, where no framework is. */
export function reportEarlyErrorsTo<Made extends object>(idempotency: Made, onError: Tell): Made {
  OF_APPS.set(idempotency, onError)
  return idempotency
}

export function reportEarlyError(idempotency: object, error: unknown): void {
  OF_APPS.get(idempotency)?.(error)
}

const AT_WORK = new WeakMap<object, Set<object>>()

/** Runs a handler for a request. Under the same idempotency once more it would wait for its own key. */
export async function asOnlyOne<Value>(
  idempotency: object,
  request: object,
  work: () => Value | Promise<Value>,
): Promise<Value> {
  const others = AT_WORK.get(request) ?? new Set()
  AT_WORK.set(request, others.add(idempotency))
  try {
    return await work()
  } finally {
    others.delete(idempotency)
  }
}

/** Throws a `configuration` error inside of such a run. */
export function refuseTwice(idempotency: object, request: object): void {
  if (AT_WORK.get(request)?.has(idempotency) === true)
    throw configurationError(
      'idempotent',
      'is on this route twice: its own first run holds the key. Wrap the one handler that does the work',
    )
}
