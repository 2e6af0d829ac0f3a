import { expect, test } from 'vitest'
import type { Idempotency } from '../../src/server/idempotency.ts'
import type { IdempotencyOptions } from '../../src/server/options.ts'
import { NotExecuted } from '../../src/server/answer/not-executed.ts'
import type { TrialServer } from '../server/trial-server.ts'
import { atKey, BEGIN, post, trialServer } from '../server/trial-server.ts'
import { runEndpoint } from './run-endpoint.ts'

/* The endpoint by hand says what `handle` says, so that the simulation may hold both to the same promises. */

type Side = TrialServer & {
  readonly once: Idempotency
  readonly send: (key: string, init?: Parameters<typeof post>[1]) => Promise<Response>
}

type Work = () => object | Promise<object>

function byHandle(work: Work, options: Partial<IdempotencyOptions>): Side {
  const server = trialServer()
  const once = server.process({ scope: 'shop', parse: 'json', rethrow: false, ...options })
  const handler = async () => Response.json(await work(), { status: 201 })
  return { ...server, once, send: (key, init) => once.handle(post(key, init), handler) }
}

function byRun(work: Work, options: Partial<IdempotencyOptions>): Side {
  const server = trialServer()
  const once = server.process({ scope: 'shop', ...options })
  const app = {
    once,
    inProgress: options.inProgress ?? 409,
    waitMs: 0,
    resumable: false,
    now: server.now,
    work,
    count: () => {},
    violate: (rule: string, detail: string) => expect.fail(`${rule}: ${detail}`),
  }
  return { ...server, once, send: (key, init) => runEndpoint(post(key, init), app) }
}

const NAMES = ['idempotency-key', 'idempotent-replayed', 'location', 'retry-after', 'content-type']

async function shown(answer: Response): Promise<object> {
  const { title: _, detail: _2, ...body } = (await answer.json()) as Readonly<Record<string, unknown>>
  return { status: answer.status, body, headers: NAMES.map(name => answer.headers.get(name)) }
}

const order: Work = () => ({ order: 1 })
const breaks: Work = () => {
  throw new Error('half done')
}
const frees: Work = () => {
  throw new NotExecuted()
}
const lasts: Work = () => new Promise(() => {})
const at = (ms: number) => ({
  headers: { 'idempotency-first-sent': `${new Date(BEGIN + ms).toUTCString()};ms=0` },
})
const COFFEE = { body: '{"item":"coffee"}' }

test.each<
  [
    what: string,
    status: number,
    work: Work,
    ask: (side: Side) => Promise<Response>,
    options?: Partial<IdempotencyOptions>,
  ]
>([
  ['what is done', 201, order, ({ send }) => send('k1')],
  ['what was done', 201, order, ({ send }) => send('k1').then(() => send('k1'))],
  ['another payload', 422, order, ({ send }) => send('k1').then(() => send('k1', COFFEE))],
  ['what freed its key', 503, frees, ({ send }) => send('k1')],
  ['what threw', 500, breaks, ({ send }) => send('k1')],
  ['what threw before', 500, breaks, ({ send }) => send('k1').then(() => send('k1'))],
  [
    'what was sealed',
    410,
    order,
    ({ once, send }) => once.seal(atKey('k1', 'DELETE')).then(() => send('k1')),
  ],
  [
    'what was found out',
    410,
    breaks,
    async ({ once, send }) => {
      await send('k1')
      await once.conclude('k1', { scope: 'shop', outcome: 'not-executed' })
      return send('k1')
    },
  ],
  [
    'what was concluded without an answer',
    200,
    breaks,
    async ({ once, send }) => {
      await send('k1')
      await once.conclude('k1', { scope: 'shop', outcome: 'executed' })
      return send('k1')
    },
  ],
  ['what is older than the memory', 412, order, ({ send }) => send('k1', at(-90_000_000))],
  ['what comes from the future', 400, order, ({ send }) => send('k1', at(90_000_000))],
  ['a store that is down', 503, order, ({ store, send }) => (store.down(true), send('k1'))],
  ['what another does', 409, lasts, ({ send }) => (void send('k1'), send('k1'))],
  [
    'what another does, by a 202',
    202,
    lasts,
    ({ send }) => (void send('k1'), send('k1')),
    { inProgress: 202 },
  ],
  ['one too many', 429, breaks, ({ send }) => send('k1').then(() => send('k2')), { maxOpen: 1 }],
])('%s is told as a request is told it', async (_, status, work, ask, options = {}) => {
  const told = await shown(await ask(byRun(work, options)))
  expect(told).toMatchObject({ status })
  expect(told).toEqual(await shown(await ask(byHandle(work, options))))
})

test('a body that is no JSON, or half of it, claims nothing', async () => {
  const side = byRun(order, {})
  expect(await shown(await side.send('k1', { body: '{"item":"te' }))).toMatchObject({
    status: 400,
    body: { type: 'urn:stillonce:body-malformed' },
  })
  const broken = new ReadableStream({ pull: controller => controller.error(new TypeError('terminated')) })
  expect(await shown(await side.send('k1', { body: broken, duplex: 'half' }))).toMatchObject({
    status: 400,
    body: { type: 'urn:stillonce:body-unreadable' },
  })
  expect(side.store.calls).toEqual([])
})
