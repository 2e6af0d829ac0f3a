import type * as profiles from '../../../src/entries/profiles.ts'
import type { Dialect, Said } from './dialect-server.ts'
import { inForm, inHeader, inJson, inQuery } from './dialect-server.ts'

/*
 * The servers of the profiles, as their owners describe them (the pages are named in src/profiles), and what the client
 * makes of each. What the owner does not say is played as the first answer, kept for ever.
 */

const HOUR = 3_600_000
const DAY = 24 * HOUR
const UUID = /^[\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/i
const replayed = (name: string) => (first: Said) => ({ ...first, headers: { [name]: 'true' } })
const upTo = (longest: number) => new RegExp(`^.{1,${longest}}$`)

/** What a run ends with: the outcome, the error's code, and how often the server has executed. */
export type Ended = readonly [outcome: string, code: string | undefined, executed: number]

/** The usual: after a lost answer the first one is given again. */
const AGAIN: Ended = ['executed', undefined, 1]
/** It happened, and the answer is not there any more. */
const ELSEWHERE: Ended = ['executed', 'already-executed', 1]
const REFUSED: Ended = ['not-executed', 'payload-mismatch', 1]
const FIRST: Ended = AGAIN

export type Case = {
  readonly of: Exclude<keyof typeof profiles, 'noKeys'>
  readonly server: Dialect
  /** The body is a form. */
  readonly sends?: 'form'
  /** The result is a text. */
  readonly reads?: 'text'
  /** The answer was lost, and the next request is a repeated one. */
  readonly lost: Ended
  /** That answer shows an earlier execution: it is marked as given again, or names what the first request made. */
  readonly marked?: true
  /** The same while the first request is at work. Only where the owner says what is answered then. */
  readonly busy?: Ended
  /** Another operation with another payload under the same key, which was executed. */
  readonly other: Ended
  /** A refusal was lost, and its repetition arrives. */
  readonly declined: Ended
  /** The answer was lost, and the operation is called again when the key may be forgotten, ms. */
  readonly late: number
  /** A key that the server does not take, and why it is not sent. */
  readonly shape?: readonly [key: string, fault: string]
}

const conflict = (body: unknown): Said => ({ status: 409, body })
const UNPROVEN: Ended = ['unknown', 'rejected', 0]
/** A refusal that is not kept: the repeated request is a new one. */
const NOT_KEPT: Ended = ['executed', undefined, 1]
const PROVEN: Ended = ['not-executed', 'rejected', 0]
const NO_UUID = ['order-1', 'must be a UUID, for this server takes nothing else'] as const
const tooLong = (longest: number) =>
  ['k'.repeat(longest + 1), `must have at most ${longest} characters, has ${longest + 1}`] as const
/** Within the first run's deadline, where nobody says how long keys are kept. */
const DEADLINE = 120_000
const idempotencyKey = inHeader('idempotency-key')

export const CASES: readonly Case[] = [
  {
    of: 'adyen',
    server: {
      keyOf: idempotencyKey,
      takes: upTo(64),
      keepsMs: 7 * DAY,
      again: first => ({ ...first, headers: { 'idempotency-key': 'the key' } }),
      inProgress: { status: 422, body: { status: 422, errorCode: '704', message: 'in progress' } },
    },
    lost: AGAIN,
    busy: AGAIN,
    other: FIRST,
    declined: UNPROVEN,
    late: 7 * DAY,
    shape: tooLong(64),
  },
  {
    of: 'paypal',
    server: {
      keyOf: inHeader('paypal-request-id'),
      takes: upTo(108),
      keepsMs: 6 * HOUR,
      otherPayload: { status: 400, body: { name: 'DUPLICATE_REQUEST_ID', message: 'used', links: [] } },
    },
    lost: AGAIN,
    other: REFUSED,
    declined: UNPROVEN,
    late: 6 * HOUR,
    shape: tooLong(108),
  },
  {
    of: 'square',
    server: {
      keyOf: inJson('idempotency_key'),
      takes: upTo(45),
      otherPayload: {
        status: 400,
        body: { errors: [{ category: 'INVALID_REQUEST_ERROR', code: 'IDEMPOTENCY_KEY_REUSED' }] },
      },
    },
    lost: AGAIN,
    other: REFUSED,
    declined: UNPROVEN,
    late: DEADLINE,
    shape: tooLong(45),
  },
  {
    of: 'mollie',
    server: { keyOf: idempotencyKey },
    lost: AGAIN,
    other: FIRST,
    declined: UNPROVEN,
    late: DEADLINE,
  },
  {
    of: 'checkout',
    server: {
      keyOf: inHeader('cko-idempotency-key'),
      keepsMs: DAY,
      success: { status: 202, body: { order: 9 } },
      inProgress: conflict({}),
      declines: { status: 422, body: { error_type: 'request_invalid' } },
      keepsRefusals: false,
    },
    lost: AGAIN,
    busy: AGAIN,
    other: FIRST,
    declined: NOT_KEPT,
    late: DAY,
  },
  {
    of: 'increase',
    server: {
      keyOf: idempotencyKey,
      takes: upTo(200),
      again: replayed('idempotent-replayed'),
      otherPayload: conflict({ type: 'idempotency_key_already_used_error', resource_id: 'a' }),
    },
    lost: AGAIN,
    marked: true,
    other: REFUSED,
    declined: PROVEN,
    late: Number.POSITIVE_INFINITY,
    shape: tooLong(200),
  },
  {
    of: 'razorpay',
    server: { keyOf: inHeader('x-payout-idempotency'), takes: /^[\w -]{4,36}$/, inProgress: conflict({}) },
    lost: AGAIN,
    busy: AGAIN,
    other: FIRST,
    declined: UNPROVEN,
    late: DEADLINE,
    shape: ['a:b:c', 'must be made of A-Za-z0-9_-, for this server takes nothing else'],
  },
  {
    of: 'mercadoPago',
    server: { keyOf: inHeader('x-idempotency-key') },
    lost: AGAIN,
    other: FIRST,
    declined: UNPROVEN,
    late: DEADLINE,
  },
  {
    of: 'plaid',
    server: { keyOf: inJson('idempotency_key'), takes: upTo(50), keepsMs: 2 * DAY },
    lost: AGAIN,
    other: FIRST,
    declined: UNPROVEN,
    late: 2 * DAY,
    shape: tooLong(50),
  },
  {
    of: 'circle',
    server: { keyOf: inJson('idempotencyKey'), takes: UUID },
    lost: AGAIN,
    other: FIRST,
    declined: UNPROVEN,
    late: DEADLINE,
    shape: NO_UUID,
  },
  {
    of: 'chargebee',
    server: {
      keyOf: inHeader('chargebee-idempotency-key'),
      takes: upTo(100),
      keepsMs: HOUR / 2,
      again: replayed('chargebee-idempotency-replayed'),
      declines: { status: 400, body: { api_error_code: 'payment_processing_failed' } },
    },
    sends: 'form',
    lost: AGAIN,
    marked: true,
    other: FIRST,
    declined: ['not-executed', 'rejected', 0],
    late: HOUR / 2,
    shape: tooLong(100),
  },
  {
    of: 'lob',
    server: { keyOf: idempotencyKey, takes: upTo(256), keepsMs: DAY },
    lost: AGAIN,
    other: FIRST,
    declined: UNPROVEN,
    late: DAY,
    shape: tooLong(256),
  },
  {
    of: 'resend',
    server: {
      keyOf: idempotencyKey,
      takes: upTo(256),
      keepsMs: DAY,
      success: { status: 200, body: { order: 9 } },
      inProgress: conflict({ statusCode: 409, name: 'concurrent_idempotent_requests' }),
      otherPayload: conflict({ statusCode: 409, name: 'invalid_idempotent_request' }),
    },
    lost: AGAIN,
    busy: AGAIN,
    other: REFUSED,
    declined: UNPROVEN,
    late: DAY,
    shape: tooLong(256),
  },
  {
    of: 'svix',
    server: { keyOf: idempotencyKey },
    lost: AGAIN,
    other: FIRST,
    declined: UNPROVEN,
    late: DEADLINE,
  },
  {
    of: 'moov',
    server: {
      keyOf: inHeader('x-idempotency-key'),
      takes: upTo(36),
      again: () => conflict({ error: 'duplicate' }),
      keepsRefusals: false,
    },
    lost: ELSEWHERE,
    marked: true,
    other: ['unknown', 'conflict', 1],
    declined: NOT_KEPT,
    late: Number.POSITIVE_INFINITY,
    shape: tooLong(36),
  },
  {
    of: 'mangopay',
    server: {
      keyOf: idempotencyKey,
      takes: /^[\dA-Za-z-]{16,36}$/,
      keepsMs: DAY,
      again: () => conflict({ Type: 'duplicated' }),
    },
    lost: ['unknown', 'unresolved', 1],
    other: ['unknown', 'unresolved', 1],
    declined: ['unknown', 'unresolved', 0],
    late: DAY,
    shape: ['order-1', 'must have at least 16 characters, has 7'],
  },
  {
    of: 'klarna',
    server: { keyOf: inHeader('klarna-idempotency-key'), takes: UUID, keepsMs: DAY },
    lost: AGAIN,
    other: FIRST,
    declined: UNPROVEN,
    late: DAY,
    shape: NO_UUID,
  },
  {
    of: 'qonto',
    server: {
      keyOf: inHeader('x-qonto-idempotency-key'),
      keepsMs: HOUR / 2,
      otherPayload: 'first-answer',
      declines: { status: 422, body: { errors: [{ code: 'invalid' }] } },
      keepsRefusals: false,
    },
    lost: AGAIN,
    other: FIRST,
    declined: NOT_KEPT,
    late: HOUR / 2,
  },
  {
    of: 'twilio',
    server: {
      keyOf: idempotencyKey,
      takes: UUID,
      keepsMs: DAY,
      otherPayload: { status: 400, body: { code: 17_534, message: 'used', status: 400 } },
    },
    lost: AGAIN,
    other: REFUSED,
    declined: UNPROVEN,
    late: DAY,
    shape: NO_UUID,
  },
  {
    of: 'twilioPayments',
    server: { keyOf: inForm('IdempotencyKey') },
    sends: 'form',
    lost: AGAIN,
    other: FIRST,
    declined: UNPROVEN,
    late: DEADLINE,
  },
  {
    of: 'ec2',
    server: {
      keyOf: inForm('ClientToken'),
      takes: upTo(64),
      success: { status: 200, body: '<RunInstancesResponse><order>9</order></RunInstancesResponse>' },
      otherPayload: {
        status: 400,
        body: '<Response><Errors><Error><Code>IdempotentParameterMismatch</Code></Error></Errors></Response>',
      },
      declines: {
        status: 400,
        body: '<Response><Errors><Error><Code>InstanceLimitExceeded</Code></Error></Errors></Response>',
      },
    },
    sends: 'form',
    reads: 'text',
    lost: AGAIN,
    other: REFUSED,
    declined: UNPROVEN,
    late: DEADLINE,
    shape: tooLong(64),
  },
  {
    of: 'google',
    server: { keyOf: inQuery('requestId'), takes: UUID, success: { status: 200, body: { order: 9 } } },
    lost: AGAIN,
    other: FIRST,
    declined: UNPROVEN,
    late: DEADLINE,
    shape: NO_UUID,
  },
  {
    of: 'graphql',
    server: {
      keyOf: () => 'one',
      success: { status: 200, body: { order: 9, data: { pay: { id: 9 } } } },
      declines: { status: 200, body: { data: null, errors: [{ message: 'declined' }] } },
    },
    lost: ['unknown', 'unresolved', 1],
    other: FIRST,
    declined: ['unknown', 'unresolved', 0],
    late: DEADLINE,
  },
  {
    of: 'coinbase',
    server: {
      keyOf: inHeader('x-idempotency-key'),
      takes: UUID,
      keepsMs: DAY,
      otherPayload: conflict({ errorType: 'idempotency_error', errorMessage: 'used' }),
    },
    lost: AGAIN,
    other: REFUSED,
    declined: UNPROVEN,
    late: DAY,
    shape: NO_UUID,
  },
  {
    of: 'zuora',
    server: {
      keyOf: idempotencyKey,
      takes: upTo(254),
      keepsMs: DAY,
      inProgress: conflict({}),
      otherPayload: { status: 422, body: {} },
    },
    lost: AGAIN,
    busy: AGAIN,
    other: REFUSED,
    declined: UNPROVEN,
    late: DAY,
    shape: tooLong(254),
  },
  {
    of: 'ppro',
    server: {
      keyOf: inHeader('request-idempotency-key'),
      keepsMs: DAY,
      again: replayed('request-idempotency'),
      inProgress: conflict({}),
      keepsRefusals: false,
    },
    lost: AGAIN,
    marked: true,
    busy: AGAIN,
    other: FIRST,
    declined: NOT_KEPT,
    late: DAY,
  },
  {
    of: 'telnyx',
    server: {
      keyOf: idempotencyKey,
      takes: /^[\w:-]{1,255}$/,
      keepsMs: DAY,
      otherPayload: { status: 422, body: {} },
      keepsRefusals: false,
    },
    lost: AGAIN,
    other: ['not-executed', 'rejected', 1],
    declined: NOT_KEPT,
    late: DAY,
    shape: ['a.b', 'must be made of A-Za-z0-9_:-, for this server takes nothing else'],
  },
  {
    of: 'whop',
    server: {
      keyOf: idempotencyKey,
      takes: upTo(255),
      keepsMs: DAY,
      again: replayed('idempotent-replayed'),
      inProgress: conflict({ error: { code: 'idempotency_request_in_progress' } }),
      otherPayload: { status: 400, body: { error: { code: 'idempotency_key_mismatch' } } },
    },
    lost: AGAIN,
    marked: true,
    busy: AGAIN,
    other: REFUSED,
    declined: PROVEN,
    late: DAY,
    shape: tooLong(255),
  },
  {
    of: 'checkbook',
    server: { keyOf: idempotencyKey, takes: upTo(255), otherPayload: 'new-resource' },
    lost: AGAIN,
    other: ['executed', undefined, 2],
    declined: UNPROVEN,
    late: DEADLINE,
    shape: tooLong(255),
  },
  {
    of: 'interchecks',
    server: {
      keyOf: idempotencyKey,
      keepsMs: DAY,
      again: ({ body }) => conflict(body),
      keepsRefusals: false,
    },
    lost: ELSEWHERE,
    marked: true,
    other: ['unknown', 'conflict', 1],
    declined: NOT_KEPT,
    late: DAY,
  },
  {
    of: 'ietf',
    server: {
      keyOf: idempotencyKey,
      keepsMs: DAY,
      again: replayed('idempotent-replayed'),
      inProgress: { status: 409, body: {}, headers: { 'retry-after': '1' } },
      otherPayload: { status: 422, body: {} },
    },
    lost: AGAIN,
    marked: true,
    busy: AGAIN,
    other: ['not-executed', 'rejected', 1],
    declined: PROVEN,
    late: DAY,
    shape: tooLong(255),
  },
  {
    of: 'stripe',
    server: {
      keyOf: idempotencyKey,
      takes: upTo(255),
      keepsMs: DAY,
      again: replayed('idempotent-replayed'),
      inProgress: conflict({ error: { code: 'idempotency_key_in_use', type: 'invalid_request_error' } }),
      otherPayload: { status: 400, body: { error: { type: 'idempotency_error' } } },
      declines: { status: 402, body: { error: { type: 'card_error', code: 'card_declined' } } },
    },
    lost: AGAIN,
    marked: true,
    busy: AGAIN,
    other: REFUSED,
    declined: PROVEN,
    late: DAY,
    shape: tooLong(255),
  },
  {
    of: 'azure',
    server: {
      keyOf: inHeader('repeatability-request-id'),
      takes: UUID,
      keepsMs: DAY,
      inProgress: conflict({ error: { code: 'RequestInProgress' } }),
      otherPayload: { status: 400, body: { error: { code: 'RepeatabilityRequestMismatch' } } },
    },
    lost: AGAIN,
    busy: AGAIN,
    other: REFUSED,
    declined: UNPROVEN,
    late: DAY,
    shape: tooLong(36),
  },
  {
    of: 'gocardless',
    server: {
      keyOf: idempotencyKey,
      keepsMs: 30 * DAY,
      again: () => conflict({ error: { errors: [{ reason: 'idempotent_creation_conflict' }] } }),
      keepsRefusals: false,
    },
    lost: ELSEWHERE,
    marked: true,
    other: ['unknown', 'conflict', 1],
    declined: NOT_KEPT,
    late: 30 * DAY,
  },
  {
    of: 'stillonce',
    server: {
      keyOf: idempotencyKey,
      keepsMs: DAY,
      again: replayed('idempotent-replayed'),
      inProgress: conflict({ type: 'urn:stillonce:in-progress' }),
      otherPayload: { status: 422, body: { type: 'urn:stillonce:payload-mismatch' } },
    },
    lost: AGAIN,
    marked: true,
    busy: AGAIN,
    other: REFUSED,
    declined: PROVEN,
    late: DAY,
    shape: tooLong(255),
  },
]
