import { describe, expect, test } from 'vitest'
import type { AnswerBody, Evidence, Refusal } from '../../src/core/answers/evidence.ts'
import type { JudgeContext, Verdict, VerdictName } from '../../src/core/answers/verdict.ts'
import { isReplay } from '../../src/core/answers/matching-rule.ts'
import { judge } from '../../src/core/answers/verdict.ts'
import { answer, emptyBody, frozen, htmlPage, json, plainProfile } from './samples.ts'

const plain = plainProfile()
const marking = plainProfile({ replayed: { header: 'Idempotent-Replayed', value: 'true' } })
const replay = { 'idempotent-replayed': 'true' }

/** As the draft says: a 409 with Retry-After is in progress. */
const draft = plainProfile({
  name: 'draft',
  rules: [
    { status: 409, header: { name: 'Retry-After' }, means: 'processing', source: 'draft-07' },
    { status: 409, type: 'https://acme.test/version', means: 'conflict', source: 'acme' },
    { status: 412, type: 'https://acme.test/expired', means: 'rejected', source: 'acme' },
  ],
})

const stripe = plainProfile({
  name: 'stripe',
  replayed: { header: 'Idempotent-Replayed', value: 'true' },
  rules: [
    { status: 409, code: 'idempotency_key_in_use', means: 'processing', source: 'stripe' },
    { status: 400, type: 'idempotency_error', means: 'mismatch', source: 'stripe' },
    { status: 402, means: 'rejected', conclusive: true, source: 'stripe' },
    {
      status: 500,
      header: { name: 'X-Stored', value: 'yes' },
      means: 'unknown',
      conclusive: true,
      source: 'x',
    },
    { status: 503, code: 'not_begun', means: 'try-again', source: 'x' },
    { status: 409, code: 'lock_timeout', means: 'try-again', source: 'stripe' },
    { status: 401, means: 'rejected', conclusive: true, source: 'a mistake in a profile' },
    { status: 403, means: 'conflict', conclusive: true, source: 'a mistake in a profile' },
    { status: 407, means: 'rejected', conclusive: true, source: 'a mistake in a profile' },
    { status: 408, means: 'rejected', conclusive: true, source: 'a mistake in a profile' },
    { status: 421, means: 'rejected', conclusive: true, source: 'a mistake in a profile' },
    { status: 425, means: 'rejected', conclusive: true, source: 'a mistake in a profile' },
    { status: 429, means: 'rejected', conclusive: true, source: 'a mistake in a profile' },
  ],
})

const gocardless = plainProfile({
  name: 'gocardless',
  rules: [{ status: 409, code: 'idempotent_creation_conflict', means: 'exists', source: 'gocardless' }],
})
const existing = json({
  error: {
    type: 'invalid_state',
    code: 409,
    errors: [{ reason: 'idempotent_creation_conflict', links: { conflicting_resource_id: 'PM1' } }],
  },
})

const resend = plainProfile({
  name: 'resend',
  rules: [
    { status: 409, code: 'concurrent_idempotent_requests', means: 'processing', source: 'resend' },
    { status: 409, code: 'invalid_idempotent_request', means: 'mismatch', source: 'resend' },
    { status: 417, means: 'mismatch', source: 'express-idempotency' },
    { status: 422, code: 'body_differs', means: 'mismatch', source: 'x' },
    { status: 208, means: 'processing', source: 'picpay' },
    { status: 302, means: 'succeeded', source: 'x' },
  ],
})

/** The first attempt of an operation at a server of which nothing is known. */
const first: JudgeContext = {
  profile: plain,
  sentBefore: false,
  ambiguousBefore: false,
  sameBytes: true,
  conditional: false,
  askedAgain: false,
  unseenCopies: false,
  wantsData: true,
  wantsText: false,
  hasHook: false,
  acceptsHtml: false,
  unsureBefore: 0,
}
const again = { sentBefore: true, ambiguousBefore: true }
const order = json({ order: 9 })
const succeeded = { kind: 'succeeded', replayed: false, result: 'readable' } as const
const unknown = { kind: 'unknown', terminal: false } as const
const conclusive = { conclusive: true, doubtful: false } as const
const unproven = { conclusive: false, doubtful: true } as const
const inconclusive = { conclusive: false, doubtful: false } as const
const text: AnswerBody = { kind: 'whole', text: 'ok', parsed: 'ok', form: 'other' }

function cut(why: Extract<AnswerBody, { kind: 'cut' }>['why'], start: string): AnswerBody {
  return { kind: 'cut', text: start, why }
}

const UNREGISTERED = [
  [
    105, 199, 209, 218, 225, 227, 250, 299, 306, 309, 399, 418, 419, 420, 427, 430, 440, 444, 449, 450, 460,
    463,
  ],
  [
    494, 495, 496, 497, 498, 499, 509, 520, 521, 522, 523, 524, 525, 526, 527, 529, 530, 561, 598, 599, 600,
    666, 999,
  ],
].flat()

type Row = readonly [says: string, evidence: Evidence, context: Partial<JudgeContext>, verdict: Verdict]

function rows(table: readonly Row[]): void {
  test.each(table)('%s', (_, evidence, context, verdict) => {
    const given = frozen({ evidence, context: { ...first, ...context } })
    expect(judge(given.evidence, given.context)).toStrictEqual(verdict)
  })
}

describe('what did not leave is not-sent', () => {
  const reasons: readonly (readonly [Refusal['reason'], string])[] = [
    ['aborted', 'nothing was sent: the caller aborted'],
    ['deadline', 'nothing was sent: the deadline has passed'],
    ['key-expired', 'nothing was sent: the server may have forgotten the key'],
    ['offline', 'nothing was sent: there is no network'],
    ['store-failed', 'nothing was sent: the store failed'],
    ['claim-lost', 'nothing was sent: another tab or process has the operation'],
  ]
  test.each(reasons)('of a gate that refused as %s: %s', (reason, why) => {
    expect(judge({ kind: 'refusal', reason }, first)).toStrictEqual({ kind: 'not-sent', reason: why })
  })

  rows([
    [
      'the transport proved that nothing left',
      { kind: 'failure', sent: 'no', cause: { name: 'TypeError', code: 'ECONNREFUSED', syscall: 'connect' } },
      again,
      { kind: 'not-sent', reason: 'no connection: ECONNREFUSED' },
    ],
  ])
})

describe('what may have executed is unknown', () => {
  rows([
    [
      'any other failure',
      { kind: 'failure', sent: 'maybe', cause: { name: 'TypeError', code: 'ECONNRESET', syscall: 'read' } },
      {},
      { ...unknown, reason: 'no answer: ECONNRESET' },
    ],
    [
      'a timeout, a browser, an abort: only a name is known',
      { kind: 'failure', sent: 'maybe', cause: { name: 'TimeoutError' } },
      {},
      { ...unknown, reason: 'no answer: TimeoutError' },
    ],
    ['408', answer(408), {}, { ...unknown, reason: '408' }],
    ['500', answer(500, json({ error: 'x' })), {}, { ...unknown, reason: '500' }],
    ['502', answer(502, htmlPage), {}, { ...unknown, reason: '502' }],
    ['503', answer(503), { profile: marking }, { ...unknown, reason: '503' }],
    ['504', answer(504), again, { ...unknown, reason: '504' }],
    ['an unusual 5xx', answer(511), {}, { ...unknown, reason: '511' }],
    [
      'a 500 that is replayed: the server will say nothing else under this key',
      answer(500, json({}), replay),
      { ...again, profile: marking },
      { kind: 'unknown', terminal: true, reason: '500' },
    ],
    [
      'the mark of a replay counts only where the profile names it',
      answer(500, json({}), replay),
      again,
      { ...unknown, reason: '500' },
    ],
    [
      'the mark of a replay with another value is none',
      answer(500, json({}), { 'idempotent-replayed': 'false' }),
      { profile: marking },
      { ...unknown, reason: '500' },
    ],
    [
      'a 500 that the profile lists as stored is terminal too',
      answer(500, json({}), { 'x-stored': 'yes' }),
      { profile: stripe },
      { kind: 'unknown', terminal: true, reason: '500 X-Stored, by the stripe profile' },
    ],
    [
      'a rule whose header has another value does not fit',
      answer(500, json({}), { 'x-stored': 'no' }),
      { profile: stripe },
      { ...unknown, reason: '500' },
    ],
    [
      'by a rule that is not conclusive: a replay is terminal all the same',
      answer(418, emptyBody, replay),
      { profile: plainProfile({ ...marking, rules: [{ status: 418, means: 'unknown', source: 'x' }] }) },
      { kind: 'unknown', terminal: true, reason: '418, by the plain profile' },
    ],
    [
      'by a rule',
      answer(418),
      { profile: plainProfile({ rules: [{ status: 418, means: 'unknown', source: 'x' }] }) },
      { ...unknown, reason: '418, by the plain profile' },
    ],
    ...[300, 301, 302, 303, 307, 308].map((status): Row => [
      `${status}: a redirect is not followed, and is told without its query`,
      answer(status, emptyBody, { location: 'https://me:secret@shop.test/orders/?token=secret#x' }),
      {},
      { ...unknown, reason: `${status}: a redirect that is not followed (to https://shop.test/orders/)` },
    ]),
    ['304 is no redirect', answer(304), {}, { ...unknown, reason: '304: not modified' }],
    [
      'a redirect to nowhere',
      answer(307),
      {},
      { ...unknown, reason: '307: a redirect that is not followed' },
    ],
    [
      'a redirect to what no URL looks like',
      answer(307, emptyBody, { location: '/é \u202E' }),
      {},
      { ...unknown, reason: '307: a redirect that is not followed' },
    ],
    ...[100, 102, 103].map((status): Row => [
      `${status}: an answer before the answer`,
      answer(status),
      {},
      { ...unknown, reason: `${status}: an answer before the answer` },
    ]),
    ...UNREGISTERED.map((status): Row => [
      `${status} is in no registry, so that it says nothing`,
      answer(status, order, { 'content-type': 'application/json' }),
      {},
      { ...unknown, reason: `${status}: a status that stands for nothing` },
    ]),
    [
      '499 by a rule',
      answer(499, order),
      { profile: plainProfile({ rules: [{ status: 499, means: 'rejected', source: 'x' }] }) },
      { kind: 'rejected', ...conclusive, reason: '499, by the plain profile' },
    ],
    [
      '299 by a hook',
      answer(299, order),
      { hook: 'succeeded', hasHook: true },
      { ...succeeded, reason: "the definition's verdict" },
    ],
  ])
})

describe('2xx from the operation itself is a success', () => {
  rows([
    ['200', answer(200, order), {}, { ...succeeded, reason: '200' }],
    ['201', answer(201, order), again, { ...succeeded, reason: '201' }],
    ['204 without a body', answer(204), {}, { ...succeeded, reason: '204' }],
    ['226', answer(226, order), {}, { ...succeeded, reason: '226' }],
    [
      'a replay of it, whatever went before',
      answer(201, order, replay),
      { ...again, profile: marking },
      { ...succeeded, replayed: true, reason: '201' },
    ],
    [
      'a mark of a replay is compared without regard to case and spaces',
      answer(201, order, { 'idempotent-replayed': ' True ' }),
      { profile: marking },
      { ...succeeded, replayed: true, reason: '201' },
    ],
    [
      'cut by the connection: executed, and unreadable',
      answer(201, cut('connection', '{"ord')),
      {},
      { ...succeeded, result: 'unreadable', reason: '201' },
    ],
    [
      'over the limit: executed, and too long',
      answer(200, cut('limit', '{"items":[')),
      { wantsData: false },
      { ...succeeded, result: 'too-long', reason: '200' },
    ],
    [
      'text where data is wanted: executed, and unreadable',
      answer(200, text),
      {},
      { ...succeeded, result: 'unreadable', reason: '200' },
    ],
    [
      'text where nothing says that it is wanted',
      answer(200, text),
      { wantsData: false },
      { ...succeeded, result: 'unreadable', reason: '200' },
    ],
    [
      'text whose type was asked for by name',
      answer(200, text),
      { wantsData: false, wantsText: true },
      { ...succeeded, reason: '200' },
    ],
    [
      'text that the hook has read',
      answer(200, text),
      { wantsData: false, hasHook: true, hook: 'succeeded' },
      { ...succeeded, reason: "the definition's verdict" },
    ],
    [
      'HTML that was asked for',
      answer(200, htmlPage),
      { wantsData: false, acceptsHtml: true },
      { ...succeeded, reason: '200' },
    ],
    [
      'data, though the server calls it HTML',
      answer(200, order, { 'content-type': 'text/html' }),
      {},
      { ...succeeded, reason: '200' },
    ],
    [
      'data that was cut, though the server calls it HTML',
      answer(200, cut('connection', '{"order"'), { 'content-type': 'text/html' }),
      {},
      { ...succeeded, result: 'unreadable', reason: '200' },
    ],
    [
      'data that was cut, with a page in it',
      answer(200, cut('connection', '{"page":"<html>')),
      {},
      { ...succeeded, result: 'unreadable', reason: '200' },
    ],
    [
      'data that was cut, whose type mentions HTML',
      answer(200, cut('connection', 'order'), { 'content-type': 'text/csv; from="text/html"' }),
      {},
      { ...succeeded, result: 'unreadable', reason: '200' },
    ],
    [
      'data, though the server calls what was cut of it HTML (PHP does, by default)',
      answer(200, cut('connection', ' {"order"'), { 'content-type': 'text/html' }),
      {},
      { ...succeeded, result: 'unreadable', reason: '200' },
    ],
    [
      'by a rule',
      answer(302, order),
      { profile: resend },
      { ...succeeded, reason: '302, by the resend profile' },
    ],
  ])
})

describe('what came from elsewhere is unknown, never a success', () => {
  const page = "with an HTML page: some gateway answered in the server's place"
  rows([
    [
      'an opaque answer',
      answer(0),
      { hook: 'succeeded' },
      { ...unknown, reason: 'an opaque answer: the browser hides what it says (redirect or no-cors)' },
    ],
    [
      'another URL or method',
      { ...answer(200, order), ownTarget: false },
      { hook: 'succeeded' },
      { ...unknown, reason: 'the answer came from another URL or method than the operation has' },
    ],
    [
      'another URL or method, with a refusal',
      { ...answer(402, order), ownTarget: false },
      { profile: stripe },
      { ...unknown, reason: 'the answer came from another URL or method than the operation has' },
    ],
    ['an HTML page', answer(200, htmlPage), {}, { ...unknown, reason: `200 ${page}` }],
    [
      'an HTML page where no schema waits for data',
      answer(200, htmlPage),
      { wantsData: false },
      { ...unknown, reason: `200 ${page}` },
    ],
    [
      'an HTML page that the connection ended, as gateways do',
      answer(200, cut('doubtful', '\n<HTML><body>Welcome to the hotel')),
      {},
      { ...unknown, reason: `200 ${page}` },
    ],
    [
      'an HTML page by its doctype',
      answer(200, cut('limit', '<!DOCTYPE html><p>')),
      {},
      { ...unknown, reason: `200 ${page}` },
    ],
    [
      'what was recognised as HTML when it was read',
      answer(200, { kind: 'whole', text: 'hello', parsed: 'hello', form: 'html' }),
      {},
      { ...unknown, reason: `200 ${page}` },
    ],
    [
      'an HTML page by its plain type',
      answer(200, cut('connection', 'Hello {name}'), { 'content-type': 'text/html' }),
      {},
      { ...unknown, reason: `200 ${page}` },
    ],
    [
      'an HTML page by its type',
      answer(200, cut('connection', ''), { 'content-type': ' Text/HTML; charset=utf-8' }),
      {},
      { ...unknown, reason: `200 ${page}` },
    ],
    [
      'an HTML page that a hook calls a success',
      answer(200, htmlPage),
      { hook: 'succeeded' },
      { ...unknown, reason: `the definition's verdict ${page}` },
    ],
  ])
})

describe('the server is at work', () => {
  const sure = { kind: 'processing', sure: true } as const
  rows([
    ['202', answer(202, order), {}, { ...sure, reason: '202: accepted, not finished' }],
    [
      "a 409 by the profile's code",
      answer(409, json({ error: { code: 'idempotency_key_in_use' } })),
      { profile: stripe },
      { ...sure, reason: '409 idempotency_key_in_use, by the stripe profile' },
    ],
    [
      'a 409 with a Retry-After, under the draft',
      answer(409, emptyBody, { 'retry-after': '2' }),
      { profile: draft },
      { ...sure, reason: '409 Retry-After, by the draft profile' },
    ],
    [
      'a 409 by a name at the top of the body',
      answer(409, json({ name: 'concurrent_idempotent_requests' })),
      { profile: resend },
      { ...sure, reason: '409 concurrent_idempotent_requests, by the resend profile' },
    ],
    [
      "the profile's own 208",
      answer(208),
      { profile: resend },
      { ...sure, reason: '208, by the resend profile' },
    ],
    [
      'a 409 without a sign, the first time',
      answer(409),
      {},
      { kind: 'processing', sure: false, reason: '409 without a sign of what it means' },
    ],
    [
      'a 409 without a sign, after four',
      answer(409, json({ code: 'lock_timeout' })),
      { ...again, unsureBefore: 4 },
      { kind: 'processing', sure: false, reason: '409 without a sign of what it means' },
    ],
  ])
})

describe('a conflict', () => {
  rows([
    [
      'a 409 without a sign, after five polls: it settles nothing',
      answer(409),
      { unsureBefore: 5 },
      { kind: 'conflict', ...inconclusive, reason: '409 without a sign of what it means, again and again' },
    ],
    [
      'and goes on being one',
      answer(409),
      { unsureBefore: 6 },
      { kind: 'conflict', ...inconclusive, reason: '409 without a sign of what it means, again and again' },
    ],
    [
      'a 409 without a sign, where a delivery that nobody saw may have executed',
      answer(409),
      { unsureBefore: 5, unseenCopies: true },
      { kind: 'conflict', ...unproven, reason: '409 without a sign of what it means, again and again' },
    ],
    [
      'a 409 recognised as something else, with nothing ambiguous before it',
      answer(409, json({ type: 'https://acme.test/version' })),
      { profile: draft, sentBefore: true },
      { kind: 'conflict', ...conclusive, reason: '409 https://acme.test/version, by the draft profile' },
    ],
    [
      'the same after an ambiguous attempt',
      answer(409, json({ type: 'https://acme.test/version' })),
      { ...again, profile: draft },
      { kind: 'conflict', ...inconclusive, reason: '409 https://acme.test/version, by the draft profile' },
    ],
    [
      'a 409 that is replayed is the stored answer to the key',
      answer(409, emptyBody, replay),
      { ...again, profile: marking, unsureBefore: 5 },
      { kind: 'conflict', ...conclusive, reason: '409, replayed' },
    ],
    [
      'a 412 to a precondition of ours proves nothing: a first delivery that executed answers a second one so',
      answer(412),
      { conditional: true },
      { kind: 'conflict', ...unproven, asksAgain: true, reason: '412: the precondition does not hold' },
    ],
    [
      'a 412 to a precondition of ours, asked about already',
      answer(412),
      { ...again, conditional: true, askedAgain: true },
      { kind: 'conflict', ...unproven, reason: '412: the precondition does not hold' },
    ],
    [
      'a 412 to a precondition of ours, given again: the stored answer to the key',
      answer(412, emptyBody, replay),
      { ...again, conditional: true, profile: marking },
      { kind: 'conflict', ...conclusive, reason: '412: the precondition does not hold' },
    ],
    [
      'a 412 to a precondition of ours, where a rule does not speak of every delivery',
      answer(412, json({ type: 'https://acme.test/expired' })),
      { profile: draft, conditional: true },
      {
        kind: 'rejected',
        ...unproven,
        asksAgain: true,
        reason: '412 https://acme.test/expired, by the draft profile',
      },
    ],
    [
      'a 412 to a precondition of ours, where a rule speaks of every delivery',
      answer(412),
      {
        profile: plainProfile({
          rules: [{ status: 412, means: 'conflict', everyDelivery: true, source: 'x' }],
        }),
        conditional: true,
        unseenCopies: true,
      },
      { kind: 'conflict', ...conclusive, everyDelivery: true, reason: '412, by the plain profile' },
    ],
    [
      'a 412 to a precondition of ours, whatever the hook calls it',
      answer(412, order),
      { hook: 'conflict', conditional: true },
      { kind: 'conflict', ...unproven, asksAgain: true, reason: "the definition's verdict" },
    ],
    [
      'a 412 without a precondition is not recognised, so it never settles the key',
      answer(412),
      {},
      { kind: 'conflict', ...inconclusive, reason: '412 to a request without a precondition' },
    ],
    [
      'a 412 that a rule recognises',
      answer(412, json({ type: 'https://acme.test/expired' })),
      { profile: draft },
      { kind: 'rejected', ...conclusive, reason: '412 https://acme.test/expired, by the draft profile' },
    ],
  ])
})

describe('a 409 that names the existing resource', () => {
  const reason = '409 idempotent_creation_conflict, by the gocardless profile'
  const others = {
    kind: 'conflict',
    ...inconclusive,
    doubtful: true,
    reason: `${reason}, but this record never sent it`,
  } as const
  rows([
    [
      'is our own success when this record sent this key with these bytes before',
      answer(409, existing),
      { ...again, profile: gocardless },
      { kind: 'succeeded', replayed: true, result: 'elsewhere', reason },
    ],
    [
      'is perhaps its own on a first attempt, which a store that lost its records takes for the first',
      answer(409, existing),
      { profile: gocardless },
      others,
    ],
    [
      'is perhaps its own, where a delivery that nobody saw may have made it',
      answer(409, existing),
      { profile: gocardless, unseenCopies: true },
      others,
    ],
    [
      'is no success when other bytes were sent before',
      answer(409, existing),
      { ...again, sameBytes: false, profile: gocardless },
      others,
    ],
    [
      'is unsure under a profile that does not say so',
      answer(409, existing),
      again,
      { kind: 'processing', sure: false, reason: '409 without a sign of what it means' },
    ],
  ])
})

describe('the key was used with another payload', () => {
  const mismatch = { kind: 'mismatch', ...inconclusive } as const
  rows([
    [
      '400 by its type',
      answer(400, json({ error: { type: 'idempotency_error' } })),
      { profile: stripe },
      { ...mismatch, reason: '400 idempotency_error, by the stripe profile' },
    ],
    [
      '409 by its code',
      answer(409, json({ name: 'invalid_idempotent_request' })),
      { profile: resend },
      { ...mismatch, reason: '409 invalid_idempotent_request, by the resend profile' },
    ],
    ['417', answer(417), { profile: resend }, { ...mismatch, reason: '417, by the resend profile' }],
    [
      '422 by its code',
      answer(422, json({ code: 'body_differs' })),
      { profile: resend },
      { ...mismatch, reason: '422 body_differs, by the resend profile' },
    ],
    [
      '422 without a rule, when this record sent the key before',
      answer(422),
      { sentBefore: true },
      { ...mismatch, reason: '422 to a key that was sent before' },
    ],
    [
      '422 without a rule on a first attempt is a plain refusal',
      answer(422),
      {},
      { kind: 'rejected', ...conclusive, reason: '422' },
    ],
    [
      '422 that is replayed is a plain refusal, stored under the key',
      answer(422, emptyBody, replay),
      { ...again, profile: marking },
      { kind: 'rejected', ...conclusive, reason: '422' },
    ],
  ])
})

describe('not now', () => {
  const tryAgain = { kind: 'try-again', ...inconclusive } as const
  rows([
    ['421', answer(421), {}, { ...tryAgain, reason: '421' }],
    ['425', answer(425), again, { ...tryAgain, reason: '425' }],
    [
      '429, even replayed',
      answer(429, emptyBody, replay),
      { profile: marking },
      { ...tryAgain, reason: '429' },
    ],
    [
      'by a rule',
      answer(409, json({ code: 'lock_timeout' })),
      { profile: stripe },
      { ...tryAgain, reason: '409 lock_timeout, by the stripe profile' },
    ],
    [
      'by a rule, in a 5xx: that does not exclude that it executed',
      answer(503, json({ code: 'not_begun' })),
      { profile: stripe },
      {
        kind: 'try-again',
        conclusive: false,
        doubtful: true,
        reason: '503 not_begun, by the stripe profile',
      },
    ],
    [
      'by a rule, in a 500',
      answer(500),
      { profile: plainProfile({ rules: [{ status: 500, means: 'try-again', source: 'x' }] }) },
      { kind: 'try-again', conclusive: false, doubtful: true, reason: '500, by the plain profile' },
    ],
    [
      'by a rule, in a 408',
      answer(408),
      { profile: plainProfile({ rules: [{ status: 408, means: 'try-again', source: 'x' }] }) },
      { kind: 'try-again', conclusive: false, doubtful: true, reason: '408, by the plain profile' },
    ],
  ])
})

describe('a refusal', () => {
  rows([
    ['400', answer(400), {}, { kind: 'rejected', ...conclusive, reason: '400' }],
    ['404', answer(404, order), {}, { kind: 'rejected', ...conclusive, reason: '404' }],
    ['451', answer(451), { sentBefore: true }, { kind: 'rejected', ...conclusive, reason: '451' }],
    ...[
      400, 402, 404, 405, 406, 410, 411, 413, 414, 415, 416, 417, 422, 423, 424, 426, 428, 431, 451,
    ].flatMap((status): Row[] => [
      [
        `${status} without a body is one`,
        answer(status),
        {},
        { kind: 'rejected', ...conclusive, reason: String(status) },
      ],
      [
        `${status} after an ambiguous attempt is no proof, a 410 neither`,
        answer(status, order),
        { ambiguousBefore: true },
        { kind: 'rejected', ...inconclusive, reason: String(status) },
      ],
    ]),
    [
      'after an ambiguous attempt tells of this attempt alone',
      answer(404),
      again,
      { kind: 'rejected', ...inconclusive, reason: '404' },
    ],
    [
      'after an ambiguous attempt, replayed: it is the answer to the key',
      answer(404, emptyBody, replay),
      { ...again, profile: marking },
      { kind: 'rejected', ...conclusive, reason: '404' },
    ],
    [
      'after an ambiguous attempt, and the profile lists it as stored under the key',
      answer(402),
      { ...again, profile: stripe },
      { kind: 'rejected', ...conclusive, reason: '402, by the stripe profile' },
    ],
    [
      '422 after an ambiguous attempt, listed without a word on storing',
      answer(422),
      { ...again, profile: plainProfile({ rules: [{ status: 422, means: 'rejected', source: 'x' }] }) },
      { kind: 'rejected', ...inconclusive, reason: '422, by the plain profile' },
    ],
    ...[401, 403, 407].map((status): Row => [
      `${status} was said before the idempotency layer, so it never settles the key`,
      answer(status),
      {},
      { kind: 'rejected', ...inconclusive, reason: String(status) },
    ]),
    [
      '401 that is replayed',
      answer(401, emptyBody, replay),
      { profile: marking },
      { kind: 'rejected', ...inconclusive, reason: '401' },
    ],
    ...[401, 407, 408, 421, 425, 429].map((status): Row => [
      `${status} never settles the key, whatever a profile says`,
      answer(status),
      { profile: stripe },
      { kind: 'rejected', ...inconclusive, reason: `${status}, by the stripe profile` },
    ]),
    [
      '403 never settles the key as a conflict either',
      answer(403),
      { profile: stripe },
      { kind: 'conflict', ...inconclusive, reason: '403, by the stripe profile' },
    ],
  ])
})

describe('a 409 that no rule names', () => {
  const problem = { 'content-type': 'application/problem+json' }
  const outOfStock = json({ type: 'https://shop.test/problems/out-of-stock', title: 'Out of stock' })
  const conflict = { kind: 'conflict', reason: '409 with a type of its own' } as const
  const perhaps = { kind: 'processing', sure: false, reason: '409 without a sign of what it means' } as const
  rows([
    [
      'with a type of its own is no word of work that goes on',
      answer(409, outOfStock, problem),
      {},
      { ...conflict, ...inconclusive },
    ],
    ['nor where it came as plain JSON', answer(409, outOfStock), {}, { ...conflict, ...inconclusive }],
    [
      'nor with a type that is a path',
      answer(409, json({ type: '/problems/out-of-stock' }), problem),
      {},
      { ...conflict, ...inconclusive },
    ],
    [
      'to what may have been delivered twice is a doubt: the first one may be at work',
      answer(409, outOfStock, problem),
      { unseenCopies: true },
      { ...conflict, ...unproven },
    ],
    [
      'given again is the answer to the key',
      answer(409, outOfStock, { ...problem, ...replay }),
      { ...again, profile: marking },
      { kind: 'conflict', ...conclusive, reason: '409, replayed' },
    ],
    ['with about:blank has no type', answer(409, json({ type: 'about:blank' }), problem), {}, perhaps],
    ['with an empty type has none', answer(409, json({ type: '' }), problem), {}, perhaps],
    [
      'with a word for a type, in JSON that is no problem',
      answer(409, json({ type: 'out_of_stock' })),
      {},
      perhaps,
    ],
    ...[
      { type: 'https://shop.test/REQUESTINPROGRESS' },
      { type: 'https://shop.test/still-retrying' },
      { type: 'https://shop.test/conflict', code: 'ROWLOCKS' },
      { type: 'https://shop.test/conflict', code: 'already_executing' },
      {
        type: 'https://developer.example.com/idempotency',
        title: 'A request is outstanding for this Idempotency-Key',
      },
      { type: 'urn:acme:in-progress' },
      { type: 'urn:acme:busy' },
      { type: 'urn:acme:x', detail: 'A concurrent request holds it.' },
      { type: 'urn:acme:x', detail: 'It is being processed.' },
      { type: 'urn:acme:x', detail: 'Locked by another process, retry later.' },
      { type: 'urn:acme:x', code: 'request_in_progress' },
      { type: 'https://acme.test/errors/concurrentUpdate' },
      { type: 'https://acme.test/problems#resource-locked' },
      { type: 'https://acme.test/locked/' },
      { type: 'https://acme.test/lock-timeout?lang=en' },
      { type: 'https://acme.test/locked-by-another-request' },
      { type: 'https://acme.test/account-update-in-progress' },
      { type: 'https://acme.test/duplicate-request' },
      { type: 'https://acme.test/payment-pending' },
      { type: 'https://acme.test/x', title: 'Duplicate request', detail: 'Account locked' },
      { type: 'https://acme.test/requestInProgress' },
      { type: 'https://acme.test/x', code: 'idempotency_key_in_use' },
      { type: 'https://acme.test/x', code: 'LOCK_NOT_ACQUIRED' },
      { type: 'https://acme.test/x', code: 'DEADLOCK' },
      { type: 'https://acme.test/x', code: 'DUPLICATEREQUEST' },
      { type: 'https://acme.test/too-many-concurrent-requests' },
      { type: 'https://acme.test/another-operation-is-pending' },
      { type: 'https://acme.test/retries-outstanding' },
      { type: 'https://acme.test/x', detail: 'The row is locked by another transaction.' },
    ].map((body): Row => [
      `that speaks of a request under way: ${body.type} ${body.detail ?? ''}`,
      answer(409, json(body), problem),
      {},
      perhaps,
    ]),
    ...[
      { type: 'https://shop.test/account-locked', title: 'Account locked', requestId: 'r-1' },
      { type: 'https://shop.test/duplicate-email' },
      { type: 'https://shop.test/duplicateUserName' },
      { type: 'https://shop.test/blocked-card' },
      { type: 'https://shop.test/clock-skew' },
      { type: 'https://shop.test/unlocked' },
      { type: 'https://locks.test/seat-taken', detail: 'Seat in block B is taken' },
      { type: 'https://shop.test/card', detail: 'retry with another card' },
      { type: 'https://shop.test/debt', detail: 'There is an outstanding balance.' },
      { type: 'https://shop.test/refused', code: 'CARD_LOCKED' },
      {
        type: 'https://shop.test/event',
        detail: 'All tickets of this transaction are sold; retry with another event.',
      },
      { type: 'https://shop.test/stock', detail: 'The item is out of stock. Please try again later.' },
      { type: 'https://shop.test/locker', detail: 'The locker of this operation is full.' },
      { type: 'https://shop.test/refused', code: 'KYC_PENDING' },
      ...[
        'duplicate-order',
        'duplicate-invoice',
        'duplicateShipment',
        'DUPLICATE_SKU',
        'locker-full',
        'locker-unavailable',
        'lock-up-period',
        'outstanding-balance',
        'outstanding-invoices',
        'retrieval-failed',
        'merchant-retired',
        'table-busy',
        'rider-busy',
        'busy-period',
        'concurrency-limit',
        'concurrencyLimitExceeded',
        'kyc-pending',
        'review-pending',
        'campaign-running',
        'runner-unavailable',
        'stock-blocked',
        'door-locked',
        'wallet_locked',
        'flight-full',
        'clock-skew',
      ].map(name => ({
        type: `https://shop.test/problems/${name}`,
        title: name.replaceAll('-', ' '),
      })),
    ].map((body): Row => [
      `that speaks of something else: ${body.type}`,
      answer(409, json(body), problem),
      {},
      { ...conflict, ...inconclusive },
    ]),
    [
      'from a server that honours no key says nothing of whose it is',
      answer(409, order),
      { profile: plainProfile({ honoursKeys: false }) },
      { kind: 'conflict', ...unproven, reason: '409 without a key: it is not known whose conflict this is' },
    ],
  ])
})

describe('a page in the place of data', () => {
  const page = "with an HTML page: some gateway answered in the server's place"
  const speak = [400, 411, 413, 414, 415, 417, 431]
  const keep = [401, 407, 421, 425, 429]
  const bytes: AnswerBody = { kind: 'whole', text: '\0\u0001', parsed: '\0\u0001', form: 'binary' }
  rows([
    ...[402, 403, 404, 405, 406, 409, 410, 412, 416, 422, 423, 424, 426, 428, 451].map((status): Row => [
      `${status} is unknown`,
      answer(status, htmlPage),
      {},
      { ...unknown, reason: `${status} ${page}` },
    ]),
    ...speak.map((status): Row => [
      `${status} is said of the request, by pages too`,
      answer(status, htmlPage),
      {},
      { kind: 'rejected', ...conclusive, reason: String(status) },
    ]),
    ...keep.map((status): Row => [
      `${status} means what it means as data`,
      answer(status, htmlPage),
      {},
      { kind: status < 420 ? 'rejected' : 'try-again', ...inconclusive, reason: String(status) },
    ]),
    [
      'that the connection ended is one',
      answer(404, cut('doubtful', '<html><body>404')),
      {},
      { ...unknown, reason: `404 ${page}` },
    ],
    [
      'is one also where the request asked for HTML',
      answer(404, htmlPage),
      { acceptsHtml: true },
      { ...unknown, reason: `404 ${page}` },
    ],
    [
      'that a rule names counts',
      answer(404, htmlPage),
      { profile: plainProfile({ rules: [{ status: 404, means: 'rejected', source: 'x' }] }) },
      { kind: 'rejected', ...conclusive, reason: '404, by the plain profile' },
    ],
    [
      'that a hook names counts',
      answer(404, htmlPage),
      { hook: 'rejected' },
      { kind: 'rejected', ...conclusive, reason: "the definition's verdict" },
    ],
    [
      'of a 200 counts where a rule names it by a header',
      answer(200, htmlPage, { 'x-own': '1' }),
      {
        wantsData: false,
        profile: plainProfile({
          rules: [{ status: 200, header: { name: 'X-Own' }, means: 'succeeded', source: 'x' }],
        }),
      },
      { ...succeeded, reason: '200 X-Own, by the plain profile' },
    ],
    [
      'of a 200 does not where a rule names the status alone',
      answer(200, htmlPage),
      { profile: plainProfile({ rules: [{ status: 200, means: 'succeeded', source: 'x' }] }) },
      { ...unknown, reason: `200, by the plain profile ${page}` },
    ],
    [
      'bytes that are no text are no data either',
      answer(422, bytes),
      {},
      { ...unknown, reason: '422 with a body that is neither data nor a text' },
    ],
  ])
})

describe('half an answer', () => {
  const begun = cut('unparsed', '{"errors":[{"mess')
  const judged = plainProfile({
    name: 'judging',
    rules: [
      { status: 200, header: { name: 'X-Queued' }, means: 'processing', source: 'x' },
      { status: 200, code: 'declined', means: 'rejected', conclusive: true, source: 'x' },
      { status: 201, means: 'succeeded', source: 'x' },
    ],
  })
  rows([
    ...(['connection', 'unparsed'] as const).flatMap(why =>
      [400, 401, 402, 404, 409, 413, 422, 429, 500, 503].map((status): Row => [
        `${status}, ${why}: nothing is known of it`,
        answer(status, cut(why, '{"error":')),
        { profile: stripe },
        { ...unknown, reason: `${status}, and its answer was cut` },
      ]),
    ),
    [
      'a refusal that is longer than what is read of it is one',
      answer(404, cut('limit', 'no such card')),
      { profile: stripe },
      { kind: 'rejected', ...conclusive, reason: '404' },
    ],
    [
      'but not where a rule would have to read all of it',
      answer(400, cut('limit', '{"error":')),
      { profile: stripe },
      { ...unknown, reason: '400, and the answer that a rule was to judge was cut' },
    ],
    [
      'nor where a hook would',
      answer(404, cut('limit', '{"error":')),
      { hasHook: true },
      { ...unknown, reason: '404, and the answer that `verdict` was to judge was cut' },
    ],
    [
      'a 500 that is replayed is worth no other send',
      answer(500, begun, replay),
      { profile: marking },
      { kind: 'unknown', terminal: true, reason: '500, and its answer was cut' },
    ],
    [
      'a refusal whose text only the end of the connection ends is whole',
      answer(422, cut('doubtful', 'no such card')),
      {},
      { kind: 'rejected', ...conclusive, reason: '422' },
    ],
    [
      'a success without its result',
      answer(200, begun),
      {},
      { ...succeeded, result: 'unreadable', reason: '200' },
    ],
    [
      'a success without its result, where no schema waits for one',
      answer(200, begun),
      { wantsData: false },
      { ...succeeded, result: 'unreadable', reason: '200' },
    ],
    [
      'unknown where a hook would have judged it',
      answer(200, begun),
      { hasHook: true },
      { ...unknown, reason: '200, and the answer that `verdict` was to judge was cut' },
    ],
    [
      'unknown where a rule would have judged it',
      answer(200, begun),
      { profile: judged },
      { ...unknown, reason: '200, and the answer that a rule was to judge was cut' },
    ],
    ...[emptyBody, text].flatMap((body): Row[] => [
      [
        `unknown where a rule would have judged it, and the body is "${body.text}"`,
        answer(200, body),
        { profile: judged, wantsData: false },
        { ...unknown, reason: '200, and the answer that a rule was to judge was cut' },
      ],
      [
        `what the hook says of "${body.text}" stands`,
        answer(200, body),
        { profile: judged, wantsData: false, hook: 'rejected' },
        { kind: 'rejected', ...conclusive, reason: "the definition's verdict" },
      ],
    ]),
    [
      'a text that `response` takes is what no rule means',
      answer(200, text),
      { profile: judged, wantsText: true },
      { ...succeeded, reason: '200' },
    ],
    [
      'a 204 is no body that a rule could judge',
      answer(204),
      { profile: plainProfile({ rules: [{ status: 204, code: 'x', means: 'rejected', source: 'x' }] }) },
      { ...succeeded, reason: '204' },
    ],
    [
      'what a rule says of the head alone stands',
      answer(200, begun, { 'x-queued': '1' }),
      { profile: judged },
      { kind: 'processing', sure: true, reason: '200 X-Queued, by the judging profile' },
    ],
    [
      'a rule for another status judges nothing',
      answer(201, begun),
      { profile: judged },
      { ...succeeded, result: 'unreadable', reason: '201, by the judging profile' },
    ],
    [
      'a 202 is on its way',
      answer(202, begun),
      {},
      { kind: 'processing', sure: true, reason: '202: accepted, not finished' },
    ],
    ...[200, 201, 203, 206, 207, 208, 226].flatMap((status): Row[] => [
      [
        `an empty ${status} where a schema waits for data: browsers make one of a cut head`,
        answer(status),
        {},
        { ...succeeded, result: 'unreadable', reason: String(status) },
      ],
      [
        `an empty ${status} that a hook was to judge`,
        answer(status),
        { wantsData: false, hasHook: true },
        { ...unknown, reason: `${status}, and the answer that \`verdict\` was to judge was cut` },
      ],
    ]),
    [
      'an empty 200 where nothing waits for a body',
      answer(200),
      { wantsData: false },
      { ...succeeded, reason: '200' },
    ],
    ['an empty 200 to a HEAD', { ...answer(200), bodiless: true }, {}, { ...succeeded, reason: '200' }],
    ['an empty 205', answer(205), { hasHook: true }, { ...succeeded, reason: '205' }],
    [
      'a text that the schema takes is the result',
      answer(200, text),
      { wantsText: true },
      { ...succeeded, reason: '200' },
    ],
  ])
})

describe('what may have been delivered more than once, to a server without keys', () => {
  const keyless = { profile: plainProfile({ honoursKeys: false }), unseenCopies: true }
  const perhaps = (status: number) => `${status}, perhaps to a second delivery`
  const everyDelivery = (status: number, means: 'rejected' | 'try-again' = 'rejected') => ({
    profile: plainProfile({
      honoursKeys: false,
      rules: [{ status, means, everyDelivery: true, source: 'x' }],
    }),
    unseenCopies: true,
  })
  rows([
    ...[400, 401, 402, 403, 404, 405, 406, 407, 410, 416, 422, 423, 424, 426, 428, 451].map((status): Row => [
      `${status} is the last delivery's alone`,
      answer(status, order),
      keyless,
      { kind: 'rejected', ...unproven, reason: perhaps(status) },
    ]),
    ...[411, 413, 414, 415, 417, 431].map((status): Row => [
      `${status} holds for all of them`,
      answer(status),
      keyless,
      { kind: 'rejected', ...conclusive, reason: String(status) },
    ]),
    ...[404, 410, 422].map((status): Row => [
      `${status} holds for all of them where a rule says so`,
      answer(status),
      everyDelivery(status),
      { kind: 'rejected', ...conclusive, everyDelivery: true, reason: `${status}, by the plain profile` },
    ]),
    [
      'a 401 of which a rule says so leaves no doubt, and settles no key',
      answer(401),
      everyDelivery(401),
      { kind: 'rejected', ...inconclusive, everyDelivery: true, reason: '401, by the plain profile' },
    ],
    [
      'a 503 of which a rule says so can be sent again',
      answer(503),
      everyDelivery(503, 'try-again'),
      { kind: 'try-again', ...inconclusive, everyDelivery: true, reason: '503, by the plain profile' },
    ],
    [
      'a rule that speaks of the key alone is not enough: there is none',
      answer(404),
      {
        profile: plainProfile({
          honoursKeys: false,
          rules: [{ status: 404, means: 'rejected', conclusive: true, source: 'x' }],
        }),
        unseenCopies: true,
      },
      { kind: 'rejected', ...unproven, reason: '404, by the plain profile, perhaps to a second delivery' },
    ],
    [
      'nor is a hook',
      answer(404, order),
      { ...keyless, hook: 'rejected' },
      { kind: 'rejected', ...unproven, reason: "the definition's verdict, perhaps to a second delivery" },
    ],
    [
      'a 422 to a server without keys is about no key',
      answer(422),
      { profile: keyless.profile, sentBefore: true },
      { kind: 'rejected', ...conclusive, reason: '422' },
    ],
    [
      'where the key is honoured a second delivery is a replay, or in progress',
      answer(404),
      { unseenCopies: true },
      { kind: 'rejected', ...conclusive, reason: '404' },
    ],
  ])
})

describe('rules', () => {
  const layered = plainProfile({
    name: 'layered',
    rules: [
      { status: 400, code: 'a', type: 't', means: 'mismatch', source: 'x' },
      { status: 400, code: 'a', means: 'conflict', source: 'x' },
      { status: 400, type: 't', header: { name: 'X-Why', value: 'Busy' }, means: 'processing', source: 'x' },
      { status: 400, type: 't', means: 'unknown', source: 'x' },
    ],
  })
  rows([
    [
      'the first that fits decides',
      answer(400, json({ code: 'a', type: 't' })),
      { profile: layered },
      { kind: 'mismatch', ...inconclusive, reason: '400 a, by the layered profile' },
    ],
    [
      'all signs of a rule must be there',
      answer(400, json({ code: 'a', type: 'u' })),
      { profile: layered },
      { kind: 'conflict', ...conclusive, reason: '400 a, by the layered profile' },
    ],
    [
      'a header is compared by its value, without regard to case',
      answer(400, json({ type: 't' }), { 'x-why': 'busy' }),
      { profile: layered },
      { kind: 'processing', sure: true, reason: '400 t, by the layered profile' },
    ],
    [
      'a missing header does not fit',
      answer(400, json({ type: 't' })),
      { profile: layered },
      { ...unknown, reason: '400 t, by the layered profile' },
    ],
    [
      'where none fits, the general table decides',
      answer(400, json({ code: 'b' })),
      { profile: layered },
      { kind: 'rejected', ...conclusive, reason: '400' },
    ],
    [
      'a rule for another status does not fit',
      answer(404, json({ code: 'a', type: 't' })),
      { profile: layered },
      { kind: 'rejected', ...conclusive, reason: '404' },
    ],
  ])
})

describe("the server's hint says whether to retry, and nothing else", () => {
  const stop = { 'stripe-should-retry': 'false' }
  const retry = { 'x-should-retry': 'true' }
  rows([
    ['stop, at a 500', answer(500, emptyBody, stop), {}, { ...unknown, reason: '500', hint: 'stop' }],
    [
      'stop, at a 429',
      answer(429, emptyBody, stop),
      {},
      { kind: 'try-again', ...inconclusive, reason: '429', hint: 'stop' },
    ],
    [
      'retry, at a refusal: as conclusive as it was',
      answer(400, emptyBody, retry),
      {},
      { kind: 'rejected', ...conclusive, reason: '400', hint: 'retry' },
    ],
    [
      'retry, at a conflict',
      answer(412, emptyBody, retry),
      {},
      { kind: 'conflict', ...inconclusive, reason: '412 to a request without a precondition', hint: 'retry' },
    ],
    [
      'retry, at a 500 that is replayed: as terminal as it was',
      answer(500, emptyBody, { ...retry, ...replay }),
      { profile: marking },
      { kind: 'unknown', terminal: true, reason: '500', hint: 'retry' },
    ],
    ['stop, at a success', answer(200, order, stop), {}, { ...succeeded, reason: '200' }],
    [
      'retry, at a 202',
      answer(202, order, retry),
      {},
      { kind: 'processing', sure: true, reason: '202: accepted, not finished' },
    ],
    [
      'retry, at a mismatch',
      answer(422, emptyBody, retry),
      again,
      { kind: 'mismatch', ...inconclusive, reason: '422 to a key that was sent before' },
    ],
    [
      'anything but true and false is no hint',
      answer(500, emptyBody, { 'x-should-retry': '1' }),
      {},
      { ...unknown, reason: '500' },
    ],
    [
      "Stripe's own hint goes before the common one",
      answer(500, emptyBody, { ...stop, ...retry }),
      {},
      { ...unknown, reason: '500', hint: 'stop' },
    ],
  ])
})

describe("the definition's verdict on an answer", () => {
  const reason = "the definition's verdict"
  rows([
    ['succeeded', answer(500, order), { hook: 'succeeded' }, { ...succeeded, reason }],
    ['processing', answer(200, order), { hook: 'processing' }, { kind: 'processing', sure: true, reason }],
    ['unknown', answer(200, order), { hook: 'unknown' }, { ...unknown, reason }],
    [
      'unknown, of a replay: sending again would bring the same',
      answer(500, order, replay),
      { hook: 'unknown', profile: marking },
      { kind: 'unknown', terminal: true, reason },
    ],
    [
      'a hook that throws tells nothing',
      answer(200, order),
      { hook: 'failed' },
      { ...unknown, reason: 'the verdict hook threw' },
    ],
    [
      'a hook that throws on a replay does not make it worth another send',
      answer(500, order, replay),
      { hook: 'failed', profile: marking },
      { kind: 'unknown', terminal: true, reason: 'the verdict hook threw' },
    ],
    [
      'rejected: errors in a 200',
      answer(200, order),
      { hook: 'rejected' },
      { kind: 'rejected', ...conclusive, reason },
    ],
    [
      'rejected, after an ambiguous attempt',
      answer(200, order),
      { ...again, hook: 'rejected' },
      { kind: 'rejected', ...inconclusive, reason },
    ],
    [
      'rejected, of a replay',
      answer(200, order, replay),
      { ...again, hook: 'rejected', profile: marking },
      { kind: 'rejected', ...conclusive, reason },
    ],
    [
      'rejected, of a 401',
      answer(401, order),
      { hook: 'rejected' },
      { kind: 'rejected', ...inconclusive, reason },
    ],
    ['conflict', answer(200, order), { hook: 'conflict' }, { kind: 'conflict', ...conclusive, reason }],
    ['mismatch', answer(200, order), { hook: 'mismatch' }, { kind: 'mismatch', ...inconclusive, reason }],
    [
      'try-again never takes the doubt away, so it permits no re-send',
      answer(200, order),
      { hook: 'try-again' },
      { kind: 'try-again', conclusive: false, doubtful: true, reason },
    ],
    [
      'not-sent is not for a hook to say of something that was answered',
      answer(429, order),
      { hook: 'not-sent' },
      { kind: 'try-again', conclusive: false, doubtful: true, reason },
    ],
    [
      "it goes before the profile's rules",
      answer(402, order),
      { hook: 'processing', profile: stripe },
      { kind: 'processing', sure: true, reason },
    ],
  ])

  const names: readonly (VerdictName | 'failed')[] = [
    'not-sent',
    'try-again',
    'unknown',
    'processing',
    'failed',
  ]
  test.each(names)('%s is never heard where no answer came', hook => {
    const failure = { kind: 'failure', sent: 'maybe', cause: { name: 'TypeError' } } as const
    expect(judge(failure, { ...first, hook })).toStrictEqual({ ...unknown, reason: 'no answer: TypeError' })
  })
})

describe('a replay', () => {
  test.each([
    ['is marked by the header that the profile names', marking, replay, true],
    ['is not marked by its absence', marking, {}, false],
    [
      'is marked by any value where the profile names none',
      plainProfile({ replayed: { header: 'X-R' } }),
      { 'x-r': '' },
      true,
    ],
    ['cannot be told under a profile that names no header', plain, replay, false],
  ])('%s', (_, profile, headers, expected) => {
    expect(isReplay(answer(200, emptyBody, headers), profile)).toBe(expected)
  })
})
