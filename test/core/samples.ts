import type { Answer, AnswerBody } from '../../src/core/answers/evidence.ts'
import type {
  FailedRecord,
  PendingRecord,
  ProcessingRecord,
  SucceededRecord,
} from '../../src/core/record/operation-record.ts'
import type { Profile } from '../../src/core/answers/profile.ts'

/** 2027-01-15T08:00:00.000Z: when everything in these tests begins. */
export const START = 1_800_000_000_000

const common = {
  v: 1,
  scope: 'user-7',
  name: 'place-order',
  id: 'cart-42',
  generation: 1,
  key: '8e03978e-40d5-43dd-bc93-6894a57f9324',
  fingerprint: 'f1',
  bodyHash: 'b1',
  target: {
    method: 'POST',
    origin: 'https://shop.test',
    path: '/orders',
    queryHash: '',
    profile: 'plain',
    account: '',
  },
  createdAt: START,
  updatedAt: START,
  highestSeenAt: START,
  attempts: 0,
  sent: 0,
  ambiguous: 0,
  writer: { runner: 'tab-1', write: 1 },
} as const

export function pendingRecord(changes: Partial<PendingRecord> = {}): PendingRecord {
  return { ...common, state: 'pending', ...changes }
}

/** Sent once, answered with 202: what the server does is not known yet. */
export function processingRecord(changes: Partial<ProcessingRecord> = {}): ProcessingRecord {
  return {
    ...common,
    attempts: 1,
    sent: 1,
    ambiguous: 1,
    firstSentAt: START,
    state: 'processing',
    processingSince: START,
    ...changes,
  }
}

export function succeededRecord(changes: Partial<SucceededRecord> = {}): SucceededRecord {
  return {
    ...common,
    attempts: 1,
    sent: 1,
    firstSentAt: START,
    state: 'succeeded',
    settledAt: START,
    result: { form: 'body', status: 201, text: '{"order":9}', replayed: false },
    ...changes,
  }
}

export function failedRecord(changes: Partial<FailedRecord> = {}): FailedRecord {
  return {
    ...common,
    attempts: 1,
    sent: 1,
    firstSentAt: START,
    state: 'failed',
    settledAt: START,
    failure: { code: 'rejected', reason: '402', status: 402, headers: { date: 'x' }, body: '{}', error: '1' },
    ...changes,
  }
}

/** A server that honours keys, and of which nothing else is known. */
export function plainProfile(changes: Partial<Profile> = {}): Profile {
  return {
    name: 'plain',
    honoursKeys: true,
    header: 'Idempotency-Key',
    format: 'raw',
    key: { maxLength: 255 },
    retention: 86_400_000,
    comparesBytes: false,
    rules: [],
    namesKey: false,
    trustedOrigins: [],
    ...changes,
  }
}

export function json(value: unknown): AnswerBody {
  return { kind: 'whole', text: JSON.stringify(value), parsed: value, form: 'json' }
}

export const emptyBody: AnswerBody = { kind: 'whole', text: '', parsed: undefined, form: 'other' }
export const htmlPage: AnswerBody = {
  kind: 'whole',
  text: '<!doctype html><p>hello</p>',
  parsed: '<!doctype html><p>hello</p>',
  form: 'html',
}

export function answer(
  status: number,
  body: AnswerBody = emptyBody,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { kind: 'answer', status, headers, body, ownTarget: true }
}

/** The same value, frozen through and through: whoever writes to it throws. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) frozen(part)
  }
  return value
}
