import { describe, expect, test } from 'vitest'
import type { FailureCause } from '../../src/core/answers/evidence.ts'
import type { ErrorFacts, FailureContext } from '../../src/core/answers/transport-failure.ts'
import { classifyFailure } from '../../src/core/answers/transport-failure.ts'

const node: FailureContext = { isTruthful: true, headReceived: false, headersSent: 'unobserved' }
const browser: FailureContext = { ...node, isTruthful: false }

function failed(code: string | undefined, syscall?: string, inner: readonly FailureCause[] = []): ErrorFacts {
  return { name: 'TypeError', code, syscall, inner }
}

function cause(code: string, syscall?: string): FailureCause {
  return { name: 'Error', code, syscall }
}

const refused = failed('ECONNREFUSED', 'connect')
const reset = failed('ECONNRESET', 'read')

describe('in Node nothing was sent', () => {
  test.each([
    ['a refused connection', refused],
    ['a reset at accept', failed('ECONNRESET', 'connect')],
    ['an unreachable network', failed('ENETUNREACH', 'connect')],
    ['a name that is not found', failed('ENOTFOUND', 'getaddrinfo')],
    ['a name server that does not answer', failed('EAI_AGAIN', 'getaddrinfo')],
    ['a stall while connecting', failed('UND_ERR_CONNECT_TIMEOUT')],
    ['a certificate of its own', failed('DEPTH_ZERO_SELF_SIGNED_CERT')],
    ['a chain that ends in one', failed('SELF_SIGNED_CERT_IN_CHAIN')],
    ['a certificate for another name', failed('ERR_TLS_CERT_ALTNAME_INVALID')],
    ['a certificate that has expired', failed('CERT_HAS_EXPIRED')],
    ['a certificate that is not valid yet', failed('CERT_NOT_YET_VALID')],
    ['a certificate that was revoked', failed('CERT_REVOKED')],
    ['a certificate that is rejected', failed('CERT_REJECTED')],
    ['a certificate that is not trusted', failed('CERT_UNTRUSTED')],
    ['a certificate with a bad signature', failed('CERT_SIGNATURE_FAILURE')],
    ['a chain that is too long', failed('CERT_CHAIN_TOO_LONG')],
    ['an issuer that is not known', failed('UNABLE_TO_GET_ISSUER_CERT')],
    ['an issuer that is not known here', failed('UNABLE_TO_GET_ISSUER_CERT_LOCALLY')],
    ['a leaf that cannot be verified', failed('UNABLE_TO_VERIFY_LEAF_SIGNATURE')],
    ['an authority that is none', failed('INVALID_CA')],
    ['a certificate for another purpose', failed('INVALID_PURPOSE')],
    ['another host', failed('HOSTNAME_MISMATCH')],
    [
      'several addresses that all refuse',
      failed('ECONNREFUSED', undefined, [cause('ECONNREFUSED', 'connect'), cause('ETIMEDOUT', 'connect')]),
    ],
  ])('%s', (_, error) => {
    expect(classifyFailure(error, node).sent).toBe('no')
  })
})

describe('in Node it may have been sent', () => {
  test.each([
    ['a reset while reading: in the handshake or after the request, nobody can tell', reset],
    ['a broken pipe', failed('EPIPE', 'write')],
    ['closed by the other side', failed('UND_ERR_SOCKET')],
    ['no head in time', failed('UND_ERR_HEADERS_TIMEOUT')],
    ['no body in time', failed('UND_ERR_BODY_TIMEOUT')],
    ['an abort', { name: 'AbortError', inner: [] }],
    ['a timeout', { name: 'TimeoutError', inner: [] }],
    ['an error without a cause', failed(undefined)],
    ['a code that speaks of connecting, without the syscall', failed('ECONNREFUSED')],
    ['a name that is not found, without the syscall', failed('ENOTFOUND')],
    ['a bad port, scheme or header, unobserved', failed('ERR_INVALID_URL')],
    [
      'several addresses, of which one was read from',
      failed('ECONNREFUSED', 'connect', [cause('ECONNREFUSED', 'connect'), cause('ECONNRESET', 'read')]),
    ],
    [
      'several addresses, of which one tells nothing',
      failed('ECONNREFUSED', 'connect', [cause('ECONNREFUSED'), cause('ECONNREFUSED', 'connect')]),
    ],
  ])('%s', (_, error) => {
    expect(classifyFailure(error, node).sent).toBe('maybe')
  })

  test('whatever the error, once a response head came', () => {
    expect(classifyFailure(refused, { ...node, headReceived: true }).sent).toBe('maybe')
    expect(classifyFailure(refused, { ...node, headReceived: true, headersSent: 'not-seen' }).sent).toBe(
      'maybe',
    )
  })

  test('whatever the error, once the headers were seen to leave', () => {
    expect(classifyFailure(refused, { ...node, headersSent: 'seen' }).sent).toBe('maybe')
  })
})

describe('where Node can be watched', () => {
  test.each([
    ['a reset while reading', reset],
    ['an abort', { name: 'AbortError', inner: [] }],
    ['a bad port, scheme or header', failed(undefined)],
  ])('%s sent nothing if no headers were seen to leave', (_, error) => {
    expect(classifyFailure(error, { ...node, headersSent: 'not-seen' }).sent).toBe('no')
  })
})

describe('in a browser every failure may have been sent', () => {
  test.each([
    ['the usual one, without a cause', failed(undefined)],
    ['one that looks refused', refused],
    ['one that looks like a certificate', failed('CERT_HAS_EXPIRED')],
  ])('%s', (_, error) => {
    expect(classifyFailure(error, browser).sent).toBe('maybe')
    expect(classifyFailure(error, { ...browser, headersSent: 'not-seen' }).sent).toBe('maybe')
  })
})

test('a failure keeps what may be told of its cause, and nothing else', () => {
  const error = {
    ...failed('ECONNREFUSED', 'connect', [cause('ECONNREFUSED', 'connect')]),
    message: 'Bearer x',
  }
  expect(classifyFailure(error, node)).toStrictEqual({
    kind: 'failure',
    sent: 'no',
    cause: { name: 'TypeError', code: 'ECONNREFUSED', syscall: 'connect' },
  })
})
