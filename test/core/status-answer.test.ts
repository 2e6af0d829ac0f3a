import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../src/core/answers/evidence.ts'
import type { StatusContext } from '../../src/core/answers/status-answer.ts'
import { readStatus } from '../../src/core/answers/status-answer.ts'
import { answer, htmlPage, json, plainProfile } from './samples.ts'

const usual: StatusContext = { profile: plainProfile(), asked: 'status', hasSchema: false }
const read = (said: Answer, context: Partial<StatusContext> = {}) =>
  readStatus(said, { ...usual, ...context })
const readBody = (body: unknown, context: Partial<StatusContext> = {}) =>
  read(answer(200, json(body)), context)

const inBody = { kind: 'executed', data: undefined, form: 'body' } as const
const working = { kind: 'processing' } as const
const ASKED = ['status', 'monitor', 'location'] as const

describe('a status says that the server is at work', () => {
  test('by 202, whatever its body says', () => {
    expect(read(answer(202, json({ status: 'succeeded' })))).toStrictEqual(working)
  })

  test.each([
    'accepted',
    'in_progress',
    'in progress',
    'In-Progress',
    'IN PROGRESS',
    'inProgress',
    'not_started',
    'notStarted',
    'NotStarted',
    'pending',
    ' pending',
    'processing',
    'PROCESSING',
    'queued',
    'running',
    'Running',
    'waiting',
  ])('by the status %s', status => {
    for (const asked of ASKED) expect(readBody({ status }, { asked })).toStrictEqual(working)
  })

  test('by a state, where there is no status', () => {
    expect(readBody({ state: 'running' })).toStrictEqual(working)
    expect(readBody({ status: null, state: 'running' })).toStrictEqual(working)
    expect(readBody({ status: 'running', state: 'done' })).toStrictEqual(working)
  })

  test('by a Status or State, as .NET writes them', () => {
    expect(readBody({ Status: 'Running', Id: 9 }, { hasSchema: true })).toStrictEqual(working)
    expect(readBody({ STATE: 'Running' }, { hasSchema: true })).toStrictEqual(working)
  })

  test('by done: false, as Google has it', () => {
    expect(readBody({ name: 'operations/1', done: false })).toStrictEqual(working)
  })

  test('in any 2xx', () => {
    expect(read(answer(206, json({ status: 'Running' })))).toStrictEqual(working)
  })
})

describe('a status says that it was executed', () => {
  test.each(['succeeded', 'Succeeded', 'SUCCEEDED', 'completed', 'done', 'Executed'])(
    'by the status %s',
    status => {
      for (const asked of ASKED) expect(readBody({ status }, { asked })).toStrictEqual(inBody)
      expect(read(answer(206, json({ status })))).toStrictEqual(inBody)
    },
  )

  test.each<[string, unknown, unknown]>([
    ['with its result', { status: 'succeeded', result: { order: 9 } }, { order: 9 }],
    ['with its response', { status: 'succeeded', response: 7 }, 7],
    ['with its data', { status: 'succeeded', data: 'x' }, 'x'],
    ['with its result before the others', { status: 'done', data: 3, response: 2, result: 1 }, 1],
    ['with a result that is false', { status: 'done', result: false, data: 3 }, false],
    ['with a result that is null: there is none', { status: 'done', result: null, data: 3 }, 3],
    ['by done: true with a response, as Google has it', { done: true, response: { order: 9 } }, { order: 9 }],
    ['by done: true with a response that is empty', { done: true, response: {} }, {}],
    ['beside an error that is none', { status: 'done', error: null, errors: [], result: 1 }, 1],
    [
      'beside a word that all is well',
      { status: 'done', success: true, ok: true, found: true, result: 1 },
      1,
    ],
  ])('%s', (_, said, data) => {
    expect(readBody(said)).toStrictEqual({ kind: 'executed', data, form: 'data' })
  })
})

describe('a status says that it was not executed', () => {
  test.each(['failed', 'Failed', 'canceled', 'CANCELED', 'cancelled', 'rejected'])(
    'by the status %s',
    status => {
      expect(readBody({ status })).toStrictEqual({ kind: 'not-executed', error: undefined })
    },
  )

  test.each<[string, unknown, unknown]>([
    ['with its error', { status: 'failed', error: { code: 'x' }, reason: 'y' }, { code: 'x' }],
    ['with its reason', { status: 'failed', reason: 'y' }, 'y'],
    ['by done: true with an error, as Google has it', { done: true, error: { code: 5 } }, { code: 5 }],
    ['by a word beside an error that is empty', { done: true, status: 'failed', error: {} }, {}],
    ['by done: true with a word that it failed', { done: true, status: 'failed', reason: 'y' }, 'y'],
  ])('%s', (_, said, error) => {
    expect(readBody(said)).toStrictEqual({ kind: 'not-executed', error })
  })
})

test('a word in another case of the field counts as it does in lower case', () => {
  expect(readBody({ Status: 'Succeeded', Id: 9 })).toStrictEqual(inBody)
  expect(readBody({ Status: 'Failed', Id: 9 }, { hasSchema: true })).toStrictEqual({
    kind: 'not-executed',
    error: undefined,
  })
  expect(readBody({ Status: 'Frozen', Id: 9 }, { hasSchema: true })).toMatchObject({ kind: 'inconclusive' })
})

test('a flag that says the same, or no end, takes nothing from the word', () => {
  const no = { kind: 'not-executed', error: undefined }
  expect(readBody({ status: 'failed', failed: true, executed: false, done: true })).toStrictEqual(no)
  expect(readBody({ status: 'failed', success: true, pending: false })).toStrictEqual(no)
  expect(readBody({ status: 'succeeded', completed: true, failed: false })).toStrictEqual(inBody)
})

test('a flag named by a word of the profile counts as that word does', () => {
  const profile = plainProfile({ status: { executed: ['captured'], notExecuted: ['void'] } })
  expect(readBody({ status: 'void', captured: true }, { profile })).toMatchObject({ kind: 'inconclusive' })
  expect(readBody({ status: 'captured', void: true }, { profile })).toMatchObject({ kind: 'inconclusive' })
})

test('a state that is no word of the kind changes nothing', () => {
  expect(readBody({ status: 'succeeded', state: 'CA' })).toStrictEqual(inBody)
  expect(readBody({ status: 'succeeded', state: { name: 'failed' } })).toStrictEqual(inBody)
})

describe('a status says that nothing is known of it', () => {
  test.each([404, 410])('by %i that is data', status => {
    expect(read(answer(status, json({ error: 'no such job' })))).toStrictEqual({ kind: 'absent' })
    expect(read(answer(status))).toStrictEqual({ kind: 'absent' })
  })

  test.each([404, 410])('but not by a page with %i', status => {
    expect(read(answer(status, htmlPage))).toMatchObject({ kind: 'inconclusive' })
    const cut = { kind: 'cut', text: '<html><h1>Not', why: 'connection' } as const
    expect(read(answer(status, cut))).toMatchObject({ kind: 'inconclusive' })
  })
})

describe('a status that carries an unknown word', () => {
  const UNKNOWN = [
    'requires_action',
    'requires_payment_method',
    'requires_capture',
    'draft',
    'paid',
    'shipped',
    'expired',
    'error',
    'error ',
    'errored',
    'timeout',
    'timed out',
    'unknown',
    'denied',
    'declined',
    'refused',
    'aborted',
    'failure',
    'success',
    'successful',
    'complete',
    'finished',
    'ok',
    'not executed',
    'not-found',
    'unprocessed',
    'incomplete',
    'Pending approval',
    'awaiting_payment',
    'Creating',
    'Submitted',
    'in-process',
    '',
    ' ',
    '__proto__',
    'constructor',
    'succeeded!',
    'succeeded, failed',
    // Letters that only look like others, and spaces and hyphens that are none of ASCII.
    '\u0455ucceeded',
    '\uff44one',
    'in\u00a0progress',
    'in\u2011progress',
    'done\u200b',
    'do\u00adne',
    'not\u2003started',
    '\u202edone',
  ]

  test.each(UNKNOWN)('%j is inconclusive for a status answer', status => {
    expect(readBody({ status, result: { order: 9 } })).toMatchObject({
      kind: 'inconclusive',
      word: expect.any(String),
    })
    expect(readBody({ state: status }, { hasSchema: true })).toMatchObject({ kind: 'inconclusive' })
  })

  test.each(UNKNOWN)('%j is progress for a monitor', status => {
    for (const asked of ['monitor', 'location'] as const)
      expect(readBody({ status, result: { order: 9 } }, { asked })).toMatchObject({
        kind: 'processing',
        word: expect.any(String),
      })
  })

  test('is named, shortened and without what is no letter', () => {
    expect(readBody({ status: 'requires_action' })).toStrictEqual({
      kind: 'inconclusive',
      reason: 'the status is "requires_action"',
      word: 'requires_action',
    })
    expect(readBody({ status: `a\n\u001b[31m"b${'c'.repeat(99)}` })).toMatchObject({
      word: `a??[31m?b${'c'.repeat(31)}…`.replace('[', '?'),
    })
  })

  test.each<[string, unknown]>([
    ['a number', 200],
    ['zero', 0],
    ['a boolean', true],
    ['false', false],
    ['an object', { code: 'succeeded' }],
    ['a list', ['succeeded']],
  ])('that is %s instead is inconclusive', (_, status) => {
    for (const asked of ASKED) {
      expect(readBody({ status, result: 1 }, { asked, hasSchema: true })).toStrictEqual({
        kind: 'inconclusive',
        reason: 'the status is not a text',
      })
    }
  })
})

test('a status that is there twice, in other letters, counts where both say the same', () => {
  expect(readBody({ status: 'running', Status: 'running', STATUS: null })).toStrictEqual(working)
})

describe('a status says nothing', () => {
  test.each([0, 199, 301, 304, 400, 401, 403, 409, 429, 499, 500, 503])(
    'by %i, whatever its body says',
    status => {
      expect(read(answer(status, json({ status: 'succeeded' })))).toStrictEqual({
        kind: 'inconclusive',
        reason: `the server answered ${status}`,
      })
    },
  )

  test('by a body that was cut', () => {
    const cut = { kind: 'cut', text: '{"status":"succ', why: 'connection' } as const
    for (const status of [200, 202, 404])
      expect(read(answer(status, cut))).toStrictEqual({ kind: 'inconclusive', reason: 'the answer was cut' })
  })

  test('by a page', () => {
    expect(read(answer(200, htmlPage))).toMatchObject({ kind: 'inconclusive' })
    expect(read(answer(202, htmlPage))).toMatchObject({ kind: 'inconclusive' })
  })

  test.each<[string, unknown]>([
    ['a list', []],
    ['a list with something in it', [{ status: 'succeeded' }]],
    ['null', null],
    ['an empty object', {}],
    ['a text', 'succeeded'],
    ['an empty text', ''],
    ['a number', 7],
    ['true', true],
    ['false', false],
    ['success: false', { success: false, message: 'no such order' }],
    ['success: false beside a word', { success: false, status: 'succeeded' }],
    ['success: "false"', { success: 'false', order: 9 }],
    ['success: 0', { success: 0, order: 9 }],
    ['ok: false', { ok: false }],
    ['found: false', { found: false }],
    ['found: null', { found: null, order: 9 }],
    ['success: null beside a word', { success: null, status: 'succeeded' }],
    ['Ok: null', { Ok: null, order: 9 }],
    ['Success: false, as .NET writes it', { Id: 9, Success: false }],
    ['SUCCESS: false beside a word', { SUCCESS: false, status: 'succeeded' }],
    ['Error', { Id: 9, Error: { Code: 'x' } }],
    ['Errors', { Id: 9, Errors: [{ Message: 'x' }] }],
    ['Found: false', { Found: false, Id: 9 }],
    ['a status and a Status that say two things', { status: 'failed', Status: 'succeeded' }],
    ['a STATUS of failure beside a status of success', { STATUS: 'failed', status: 'succeeded' }],
    ['a state and a State that say two things', { state: 'succeeded', State: 'failed' }],
    ['a status of success and a state of failure', { status: 'succeeded', state: 'failed' }],
    ['a status of failure and a state of success', { status: 'failed', state: 'Completed' }],
    ['a status of success and a state of progress', { status: 'done', state: 'running' }],
    ['a status of failure and a state that nobody knows', { status: 'cancelled', state: 'paid' }],
    ['a status of success, and a flag of failure', { status: 'succeeded', failed: true }],
    ['a status of failure, and a flag that denies it', { status: 'cancelled', Cancelled: false }],
    ['a state of success, and a flag that denies it', { state: 'completed', completed: false }],
    ['a status of failure, and a flag of success', { status: 'failed', executed: true }],
    ['a rejection, and a flag of success', { status: 'rejected', Succeeded: true }],
    ['a cancellation, and a flag that it was completed', { status: 'canceled', completed: true }],
    ['a state of failure, and a flag of success', { state: 'failed', succeeded: true }],
    ['a status of success, and a flag of rejection', { status: 'completed', rejected: true }],
    ['done with a response, and a word of cancellation', { done: true, response: {}, status: 'cancelled' }],
    ['an error', { error: { code: 'not_found' } }],
    ['an error as a text', { error: 'not found' }],
    ['an error that is true', { error: true }],
    ['an error beside a word of success', { status: 'succeeded', error: { code: 'x' } }],
    ['an error beside a word of progress', { status: 'running', error: { code: 'x' } }],
    ['errors', { errors: [{ message: 'not found' }] }],
    ['errors beside data', { data: { order: 9 }, errors: [{ message: 'x' }] }],
    ['errors beside a word of failure', { status: 'failed', errors: [{ message: 'x' }] }],
    ['done, with an error that is empty', { done: true, error: {} }],
    ['done, with an error of 0', { done: true, error: 0 }],
    ['done, with an error whose code is 0', { done: true, error: { code: 0, message: '', details: [] } }],
    ['an error before it is done', { done: false, error: { code: 5 } }],
    ['a response before it is done', { done: false, response: {} }],
    ['error and response', { done: true, error: { code: 5 }, response: {} }],
    ['done and a word that contradict each other', { done: true, response: {}, status: 'failed' }],
    ['not done, and a word of the end', { done: false, status: 'succeeded' }],
  ])('by %s', (_, said) => {
    for (const asked of ASKED) {
      for (const hasSchema of [true, false])
        expect(readBody(said, { asked, hasSchema })).toMatchObject({ kind: 'inconclusive' })
    }
  })

  test('by a problem document, whatever its status', () => {
    for (const type of ['application/problem+json', 'application/problem+json; charset=utf-8']) {
      const said = answer(200, json({ title: 'Declined', order: 9 }), { 'content-type': type })
      for (const asked of ASKED)
        expect(read(said, { asked, hasSchema: true })).toMatchObject({ kind: 'inconclusive' })
    }
  })

  test('by a 2xx that stands for nothing', () => {
    for (const status of [209, 218, 250, 299])
      expect(read(answer(status, json({ status: 'succeeded' })))).toMatchObject({ kind: 'inconclusive' })
  })

  test('by a text, or no body', () => {
    const text = {
      kind: 'whole',
      text: 'upstream connect error',
      parsed: 'upstream connect error',
      form: 'other',
    } as const
    expect(read(answer(200, text), { hasSchema: true })).toMatchObject({ kind: 'inconclusive' })
    expect(read(answer(200), { hasSchema: true, asked: 'location' })).toMatchObject({ kind: 'inconclusive' })
  })

  test.each([204, 205, 206, 299])(
    'by %i without a word: only 200 and 201 bring the result itself',
    status => {
      expect(read(answer(status, json({ order: 9 })), { hasSchema: true })).toMatchObject({
        kind: 'inconclusive',
      })
    },
  )

  test('unless it is a 2xx, whatever its body says', () => {
    const statuses = fc.integer({ min: 100, max: 599 }).filter(status => status < 200 || status > 299)
    fc.assert(
      fc.property(statuses, fc.jsonValue(), (status, said) => {
        const { kind } = read(answer(status, json(said)))
        return kind === 'inconclusive' || kind === 'absent'
      }),
    )
  })

  test('whatever the body is that has neither a word nor `done`', () => {
    fc.assert(
      fc.property(fc.jsonValue(), said => {
        const { kind } = readBody(said)
        return kind === 'inconclusive'
      }),
    )
  })
})

describe('a resource without a word', () => {
  test('is for `response` to judge, where there is one', () => {
    for (const asked of ASKED)
      expect(readBody({ order: 9 }, { asked, hasSchema: true })).toMatchObject({
        kind: 'resource',
        otherwise: { kind: 'inconclusive' },
      })
  })

  test('says nothing where there is none', () => {
    expect(readBody({ order: 9 })).toMatchObject({ kind: 'inconclusive' })
    expect(readBody({ order: 9 }, { asked: 'monitor' })).toMatchObject({ kind: 'inconclusive' })
    expect(readBody({ done: true })).toMatchObject({ kind: 'inconclusive' })
    expect(readBody({ done: 'true', order: 9 }, { asked: 'location' })).toMatchObject({
      kind: 'inconclusive',
    })
  })

  test.each<[string, unknown]>([
    ['a resource', { order: 9 }],
    ['a flag', { paid: true }],
    ['a resource with a message', { order: 9, message: 'Thank you' }],
    ['a nested resource', { order: { id: 9, lines: [{ item: 'book' }] } }],
    ['a resource beside success', { success: true, order: 9 }],
    ['a resource of a type', { data: { type: 'orders', id: '5', attributes: { total: 3 } } }],
    ['a resource with links', { id: 9, total: 5, _links: { self: { href: '/orders/9' } } }],
    ['a resource that says when', { id: 9, completedAt: '2026-01-01', result: { paid: true } }],
    ['a resource with its number alone', { id: 9 }],
    ['a resource with an empty field', { id: 9, coupon: null }],
  ])('is what the Location of a 202 ends in: %s', (_, said) => {
    expect(readBody(said, { asked: 'location' })).toStrictEqual(inBody)
    expect(read(answer(201, json(said)), { asked: 'location' })).toStrictEqual(inBody)
  })

  test.each<[string, unknown]>([
    ['a flag that says no', { paid: false }],
    ['a list without entries', { items: [], total: 0 }],
    ['empty data', { data: [] }],
    ['a word in another place', { data: { status: 'pending' } }],
    ['a word in another place that it failed', { payment: { status: 'failed' } }],
    ['a word of another name', { payment_status: 'declined' }],
    ['a word in a list', { jobs: [{ state: 'running' }] }],
    ['progress', { progress: 40 }],
    ['percent', { job: 1, percentComplete: 40 }],
    ['a code', { code: 'not_found', message: 'no such job' }],
    ['a message alone', { message: 'no such job' }],
    ['a problem', { type: 'about:blank', title: 'Not Found', detail: 'x' }],
    ['an error that is spelt otherwise', { Error: { Code: 1 } }],
    ['nothing but success', { success: true }],
    ['a flag that it is pending', { order: 9, pending: true }],
    ['how long it may take', { eta: 30 }],
    ['a place in a queue', { job: { queuePosition: 4 } }],
    ['what was declined', { order: 9, declinedAt: '2026-01-01' }],
    ['a word of progress under another name', { order: 9, result: 'In Progress' }],
    ['a word of failure in a list', { events: ['created', 'failed'] }],
    ['an end that has not come', { order: 9, completedAt: null }],
    ['an end at another time', { order: 9, attributes: { finished_at: null } }],
    ['a result that is not there', { id: 3, result: null }],
    ['what is not ready', { id: 3, ready: 0 }],
    ['what is not ready, in words', { id: 3, ready: 'no' }],
    ['nobody knows whether it is ready', { id: 3, isReady: null }],
    ['what is not done', { id: 3, done: 0 }],
    ['a step', { id: 3, step: 'charging' }],
    ['a stage', { id: 3, stage: 2 }],
    ['what has started', { operation: 'pay', startedAt: '2026-01-01' }],
    ['a job', { job: '1' }],
    ['a job by its number', { jobId: 7, worker: 'w1' }],
    ['a task', { taskId: '7', position: 4 }],
    [
      'a resource of a job type (JSON:API)',
      { data: { type: 'queue-jobs', id: '5', attributes: { place: 3 } } },
    ],
    ['a thing of the kind of tasks', { id: '7', kind: 'SyncTask' }],
    ['a job of Kubernetes', { kind: 'Job', apiVersion: 'v1', metadata: { name: 'x' } }],
    ['where the job is', { id: '7', href: '/jobs/1' }],
    ['where the job is (HAL)', { total: 5, _links: { self: { href: 'https://api.test/v1/operations/1' } } }],
    ['nothing but links', { links: { self: '/j/1' } }],
    ['a message and a number', { message: 'Your request is being handled', id: '7' }],
    ['a note and a number', { id: '7', note: 'not yet' }],
    ['how often it was tried', { id: '7', attempts: 1 }],
    ['the name of an operation (Google)', { name: 'projects/p/operations/1', metadata: { x: 1 } }],
    ['a number of an operation', { operationId: 'op-1', amount: 5 }],
    ['a run of a workflow', { workflowId: 'w1', runId: 'r1' }],
    ['an execution', { executionArn: 'arn:aws:states:1', startDate: '2026-01-01' }],
    ['how many are done', { id: '7', processed: 3, total: 10 }],
    ['how many rows are done', { importId: '7', rows: 100, rowsDone: 20 }],
    ['how much of it is complete', { id: '7', completion: 0.3 }],
    ['a log', { id: '7', logs: 'Starting …' }],
    ['a receipt', { accepted: true }],
    ['a receipt with a number', { received: true, requestId: 'r-1' }],
    ['the number of a request', { correlationId: 'c-1' }],
    ['where to poll', { id: '7', pollUrl: '/x' }],
    ['when to poll', { id: '7', next_poll: 5 }],
    ['how long it takes', { id: '7', eta_seconds: 30 }],
    ['a life cycle', { id: '7', lifecycle: 'NEW' }],
    ['a state in Spanish', { id: '7', estado: 'pendiente' }],
    ['a state in French', { id: '7', etat: 'en cours' }],
    ['an end at no time', { id: '7', ended_at: null }],
    ['an end that is empty', { id: '7', completedOn: '' }],
    ['results that are empty', { id: '7', results: [] }],
    ['a result without its address', { id: '7', resultUrl: null }],
    ['a download without its address', { id: '7', download_url: null }],
    ...[
      'Provisioning',
      'Scheduled',
      'SUBMITTED',
      'in process',
      'IN_FLIGHT',
      'awaiting_payment',
      'on-hold',
      'requires_action',
      'pending approval',
      'initiated',
      'starting',
      'not executed',
      'not-found',
      'voided',
      'unprocessed',
      'timed_out',
      'timeout',
      'aborted',
      'terminated',
      'incomplete',
      'draft',
      'unsuccessful',
    ].map((word): [string, unknown] => [`the word ${word}, wherever it is`, { id: '7', x: word }]),
    ['nested too deep to look at', JSON.parse('{"a":'.repeat(12) + '1' + '}'.repeat(12))],
  ])('but not: %s', (_, said) => {
    expect(readBody(said, { asked: 'location' })).toMatchObject({ kind: 'inconclusive' })
  })
})

describe('an answer that is marked as a replay', () => {
  const profile = plainProfile({ replayed: { header: 'Idempotent-Replayed', value: 'true' } })
  const mark = { 'idempotent-replayed': 'true' }

  test('is judged as the operation’s own answer, whatever its body says', () => {
    for (const status of [200, 201, 402, 404, 500])
      expect(read(answer(status, json({ status: 'failed' }), mark), { profile })).toStrictEqual({
        kind: 'own-answer',
      })
  })

  test('only where the profile knows the mark', () => {
    expect(read(answer(200, json({ status: 'done' }), mark))).toStrictEqual(inBody)
  })
})

test.each([404, 410])('%i with a word that the operation is there says nothing', status => {
  for (const word of ['processing', 'done'])
    expect(read(answer(status, json({ status: word })))).toMatchObject({ kind: 'inconclusive' })
  for (const body of [{ status: 'failed' }, { status: 'not_found' }, { status }, {}, null])
    expect(read(answer(status, json(body)))).toStrictEqual({ kind: 'absent' })
})

describe('a profile says how its server answers', () => {
  test('in which field, and in which words', () => {
    const profile = plainProfile({
      status: {
        field: 'payment.situation',
        executed: ['Paid out'],
        notExecuted: ['bounced'],
        processing: ['on_its_way'],
        sealed: ['void'],
      },
    })
    const situated = (situation: unknown) =>
      readBody({ status: 'failed', payment: { situation } }, { profile })
    expect(situated('PAID-OUT')).toStrictEqual(inBody)
    expect(situated('bounced')).toMatchObject({ kind: 'not-executed' })
    expect(situated('void')).toMatchObject({ kind: 'not-executed' })
    expect(situated('on its way')).toStrictEqual(working)
    expect(situated('succeeded')).toMatchObject({ kind: 'inconclusive', word: 'succeeded' })
    expect(situated(7)).toMatchObject({ kind: 'inconclusive' })
    expect(situated(undefined)).toMatchObject({ kind: 'inconclusive' })
    expect(readBody({ payment: 'paid out' }, { profile })).toMatchObject({ kind: 'inconclusive' })
  })

  test('a list that it leaves out is the usual one', () => {
    const profile = plainProfile({ status: { executed: ['paid'] } })
    expect(readBody({ status: 'paid' }, { profile })).toStrictEqual(inBody)
    expect(readBody({ status: 'done' }, { profile })).toMatchObject({ kind: 'inconclusive' })
    expect(readBody({ status: 'failed' }, { profile })).toMatchObject({ kind: 'not-executed' })
    expect(readBody({ status: 'queued' }, { profile })).toStrictEqual(working)
  })

  test('a word that one of its lists explains says nothing else by a usual one', () => {
    const profile = plainProfile({ status: { notExecuted: ['done'], processing: ['Completed', 'failed'] } })
    expect(readBody({ status: 'done' }, { profile })).toMatchObject({ kind: 'not-executed' })
    expect(readBody({ status: 'completed' }, { profile })).toStrictEqual(working)
    expect(readBody({ status: 'failed' }, { profile })).toStrictEqual(working)
    expect(readBody({ status: 'succeeded' }, { profile })).toStrictEqual(inBody)
  })

  test('every other word can be progress', () => {
    const profile = plainProfile({ status: { executed: ['Succeeded'], processing: 'others' } })
    expect(readBody({ status: 'Running' }, { profile })).toStrictEqual(working)
    // One that no usual list has is named where it stays so.
    expect(readBody({ status: 'Creating' }, { profile })).toStrictEqual({
      kind: 'processing',
      word: 'Creating',
      isTakenForProgress: true,
    })
    expect(readBody({ status: 'succeeded' }, { profile })).toStrictEqual(inBody)
    expect(readBody({ status: 7 }, { profile })).toMatchObject({ kind: 'inconclusive' })
  })

  test('where the result is, after the word of success', () => {
    const profile = plainProfile({ status: { fetchesResult: true } })
    expect(readBody({ status: 'done', result: 1 }, { profile })).toStrictEqual({
      kind: 'executed',
      data: 1,
      form: 'data',
    })
    expect(readBody({ status: 'done' }, { profile })).toStrictEqual({
      kind: 'executed',
      data: undefined,
      form: 'elsewhere',
      resultAt: undefined,
    })
    expect(readBody({ status: 'done', resourceLocation: '/r/1' }, { profile })).toMatchObject({
      resultAt: '/r/1',
    })
    expect(readBody({ status: 'done', resourceLocation: 7 }, { profile })).toMatchObject({
      resultAt: undefined,
    })
  })
})
