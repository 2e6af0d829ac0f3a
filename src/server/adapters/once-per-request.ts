import { configurationError } from '../../public/errors.ts'

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
