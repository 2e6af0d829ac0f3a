import { errorOf, withAdvice } from '../error-of.ts'
import type { EndContext, Settled } from '../settled.ts'
import type { Snapshot } from '../snapshot.ts'
import type { SettledResponse } from '../settled-response.ts'

/* What an SDK gets of an operation: the server's own answer, or an error that says why there is none. */

/** Statuses that have no body. */
const BODILESS = new Set([204, 205, 304])

/** Says to SDKs that what was refused was tried as often as it may be. */
const NO_RETRY = { 'x-should-retry': 'false', 'stripe-should-retry': 'false' }

/** Throws or rejects where the outcome is unknown, or no answer of the server decided. */
export function responseOrError(
  settled: Settled,
  run: { readonly snapshot: Snapshot },
  url: string,
  context: Pick<EndContext, 'operationId' | 'runtime'>,
): Response | Promise<Response> {
  const { outcome, response, error } = settled
  const isRefusal = response !== undefined && (response.status < 200 || response.status > 299)
  const looksRefused = isRefusal && outcome === 'executed'
  if (response !== undefined && canBeGiven(response) && !looksRefused) return given(response, url)
  if (error !== undefined) throw error
  return noAnswer(run.snapshot, looksRefused ? LOOKS_REFUSED : NOT_KNOWN, context)
}

const NOT_KNOWN =
  'a status answer, a cancel or `conclude` says that it was executed, and the answer to its own request is not known: there is none to give'

/** The user of an SDK that throws its own error would take the operation for refused, and perform it again. */
const LOOKS_REFUSED =
  'the server says so with a status that an SDK takes for a refusal: `byId(id).inspect()` has what it answered'

async function noAnswer(
  { key = '', generation, attempts }: Snapshot,
  reason: string,
  context: Pick<EndContext, 'operationId' | 'runtime'>,
): Promise<never> {
  throw await withAdvice(context.runtime, () =>
    errorOf(
      {
        code: 'already-executed',
        outcome: 'executed',
        reason,
      },
      { ...context, record: { key, generation, attempts } },
    ),
  )
}

/** Refused, or executed: of what is unknown an answer proves nothing, and the SDK would take it for proof. */
function canBeGiven({ status }: SettledResponse): boolean {
  return status >= 200 && status <= 599
}

function given({ status, headers, text }: SettledResponse, url: string): Response {
  const response = new Response(BODILESS.has(status) ? null : text, {
    status,
    headers: status < 400 ? headers : { ...headers, ...NO_RETRY },
  })
  return withUrl(response, url)
}

/** The answer with its URL; copies of the answer have the URL too, as those of an answer of fetch do. */
function withUrl(response: Response, url: string): Response {
  const clone = response.clone.bind(response)
  return Object.defineProperties(response, {
    url: { value: url },
    clone: { value: () => withUrl(clone(), url) },
  })
}
