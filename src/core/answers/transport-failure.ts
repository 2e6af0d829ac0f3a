import type { Failure, FailureCause } from './evidence.ts'

/** An error as plain data. `inner` holds the errors of an AggregateError (one for each address that was tried). */
export type ErrorFacts = FailureCause & { readonly inner: readonly FailureCause[] }

export type FailureContext = {
  /**
   * The error names the true reason why the one delivery failed. A browser gives the same text for a refused connection
   * and for a CORS refusal after execution; a fetch that retries gives the error of its last try.
   */
  readonly isTruthful: boolean
  /** A response head came before the failure. */
  readonly headReceived: boolean
  /** What undici's own channel saw of this attempt; `unobserved` if the channel's silence proves nothing. */
  readonly headersSent: 'seen' | 'not-seen' | 'unobserved'
}

/**
 * OpenSSL's refusals of a certificate, which come before any request byte (node:tls, "X509 certificate
 * error codes"), and Node's own check of the name.
 */
const CERTIFICATE_REFUSALS = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/**
 * Whether a failed attempt can have reached the server. The syscall decides, not the code: ECONNRESET at `connect` left
 * nothing, ECONNRESET at `read` may have executed. All inner errors must agree.
 */
export function classifyFailure(error: ErrorFacts, context: FailureContext): Failure {
  const cause: FailureCause = { name: error.name, code: error.code, syscall: error.syscall }
  return { kind: 'failure', sent: provesNothingSent(error, context) ? 'no' : 'maybe', cause }
}

function provesNothingSent(error: ErrorFacts, context: FailureContext): boolean {
  if (!context.isTruthful || context.headReceived || context.headersSent === 'seen') return false
  if (context.headersSent === 'not-seen') return true
  return error.inner.length > 0 ? error.inner.every(isBeforeTheRequest) : isBeforeTheRequest(error)
}

function isBeforeTheRequest(cause: FailureCause): boolean {
  if (cause.syscall === 'connect' || cause.syscall === 'getaddrinfo') return true
  return cause.code === 'UND_ERR_CONNECT_TIMEOUT' || CERTIFICATE_REFUSALS.has(cause.code ?? '')
}
