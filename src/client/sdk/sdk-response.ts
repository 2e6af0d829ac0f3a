import { errorOf, withAdvice } from '../error-of.ts'
import type { EndContext, Settled } from '../settled.ts'
import type { Snapshot } from '../snapshot.ts'
import type { SettledResponse } from '../settled-response.ts'

/* What an SDK gets for an operation: the server's own response, or an error that says why there is none. */

/** Statuses without a body. */
const BODILESS = new Set([204, 205, 304])

/** Makes SDKs stop retrying: what was refused was tried as often as it may be. */
const NO_RETRY = { 'x-should-retry': 'false', 'stripe-should-retry': 'false' }

/** Throws or rejects if the outcome is unknown, or if no response of the server decided it. */
export function responseOrError(
  settled: Settled,
  run: { readonly snapshot: Snapshot },
  url: string,
  context: Pick<EndContext, 'operationId' | 'runtime' | 'givesAnswers'>,
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

/**
 * The SDK would throw its own error, so its user would believe that the operation was refused, and perform it again.
 */
const LOOKS_REFUSED =
  'the server says so with a status that an SDK takes for a refusal: `byId(id).inspect()` has what it answered'

async function noAnswer(
  { key = '', generation, attempts }: Snapshot,
  reason: string,
  context: Pick<EndContext, 'operationId' | 'runtime' | 'givesAnswers'>,
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

/**
 * Whether a Response can be made: its status must be from 200 to 599. An operation whose outcome is unknown has no
 * response here at all, because an SDK would take it for proof.
 */
function canBeGiven({ status }: SettledResponse): boolean {
  return status >= 200 && status <= 599
}

/**
 * SDKs parse by the headers: `text/plain` is no JSON to them, and a body without a length is not empty. So a Response
 * has no type of its own making, and an empty one has its length.
 */
function given({ status, headers, text }: SettledResponse, url: string): Response {
  const isBodiless = BODILESS.has(status)
  const response = new Response(isBodiless ? null : text, {
    status,
    headers: {
      ...headers,
      ...(!isBodiless && text === '' && { 'content-length': '0' }),
      ...(status >= 400 && NO_RETRY),
    },
  })
  if (headers['content-type'] === undefined) response.headers.delete('content-type')
  return withUrl(response, url)
}

/** The response with its URL. Its clones have the URL too, like those of a response of fetch. */
function withUrl(response: Response, url: string): Response {
  const clone = response.clone.bind(response)
  return Object.defineProperties(response, {
    url: { value: url },
    clone: { value: () => withUrl(clone(), url) },
  })
}
