import { configurationError } from '../../public/errors.ts'

/** A property of a request: the idempotency objects whose handlers are running for it. */
const AT_WORK = Symbol('stillonce.at-work')

type Marked = { [AT_WORK]?: readonly object[] | undefined }

/**
 * Marks that a handler runs for a request, and returns a function that ends the mark. The same idempotency object
 * inside this run would wait for its own key.
 */
export function markAtWork(idempotency: object, request: object): () => void {
  const marked = request as Marked
  marked[AT_WORK] = marked[AT_WORK] === undefined ? [idempotency] : [...marked[AT_WORK], idempotency]
  return () => {
    marked[AT_WORK] = marked[AT_WORK]?.filter(other => other !== idempotency)
  }
}

export async function asOnlyOne<Value>(
  idempotency: object,
  request: object,
  work: () => Value | Promise<Value>,
): Promise<Value> {
  const end = markAtWork(idempotency, request)
  try {
    return await work()
  } finally {
    end()
  }
}

/** Throws a `configuration` error inside such a run. */
export function refuseTwice(idempotency: object, request: object): void {
  if ((request as Marked)[AT_WORK]?.includes(idempotency) === true)
    throw configurationError(
      'idempotent',
      'is on this route twice: its own first run holds the key. Wrap the one handler that does the work',
    )
}
