import { beforeAll, describe as group, expect, test } from 'vitest'
import { createClient, describe, ietf, memoryStore, noKeys, stillonce } from '../../src/entries/core.ts'
import type { Profile } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'

/** A payment of which each request gets the next answer; the last one again and again. */
function payment(answers: readonly (() => Response)[], profile: Profile = ietf, scope = () => 'anna') {
  let asked = 0
  const client = createClient({
    transport: fetchTransport({
      baseUrl: 'https://shop.test/',
      fetch: async () => answers[Math.min(asked++, answers.length - 1)]!(),
    }),
    store: memoryStore(),
    scope,
    profile,
    deadline: 1_000,
    retry: { attempts: 1, backoff: { base: 1, cap: 1 } },
  })
  return client.operation({
    name: 'pay',
    id: (cart: { id: string; total: number }) => cart.id,
    request: cart => ({ method: 'post', url: 'charges', json: cart }),
  })
}

const json =
  (status: number, body: unknown, type = 'application/json') =>
  () => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return new Response(text, {
      status,
      headers: { 'content-type': type, 'content-length': String(new TextEncoder().encode(text).length) },
    })
  }
const lost = () => {
  throw new TypeError('fetch failed')
}
const cart = { id: 'cart-1', total: 10 }

// What performs a run is loaded by then: on a busy machine that can take longer than the deadline.
beforeAll(async () => {
  await payment([json(201, {})]).start(cart).settled
  await payment([lost]).start(cart).settled
})

group('an end as a page shows it', () => {
  test('a declined card', async () => {
    const end = await payment([json(402, { error: { message: 'Your card was declined.' } })]).start(cart)
      .settled
    expect(describe(end)).toEqual({
      outcome: 'not-executed',
      reason: 'declined',
      serverMessage: 'Your card was declined.',
      retryAt: undefined,
      can: ['change', 'retry'],
    })
  })

  test('is the same of the error that was caught, and of the snapshot', async () => {
    const run = payment([json(402, { message: 'No.' })]).start(cart)
    const end = await run.settled
    expect(describe(end.error!)).toEqual(describe(end))
    expect(describe(run.snapshot)).toEqual(describe(end))
  })

  test('a success needs nothing', async () => {
    expect(describe(await payment([json(201, { order: 1 })]).start(cart).settled)).toEqual({
      outcome: 'executed',
      reason: undefined,
      serverMessage: undefined,
      retryAt: undefined,
      can: ['nothing'],
    })
  })

  test('a first 401 asks to sign in, and so does a missing user', async () => {
    // A fetch of one's own may have delivered it twice: the 401 may be that of the second one.
    expect(describe(await payment([json(401, {})]).start(cart).settled)).toMatchObject({
      reason: 'sign-in',
      can: ['sign-in', 'check'],
    })
    const nobody = payment([json(201, {})], ietf, () => {
      throw new Error('nobody is logged in')
    })
    expect(describe(await nobody.start(cart).settled)).toMatchObject({
      outcome: 'unknown',
      reason: 'sign-in',
      nothingSent: true,
      can: ['sign-in', 'check'],
    })
  })

  test.each([
    ['a promise', () => Promise.resolve('user-7') as never, 'mistake'],
    ['a number', () => 7 as never, 'mistake'],
    ['a credential', () => 'Bearer abc.def', 'mistake'],
    ['nothing', () => undefined as never, 'sign-in'],
    ['null', () => null as never, 'sign-in'],
    ['an empty text', () => '', 'sign-in'],
    ['a part that is missing', () => 'tenant-1:undefined', 'sign-in'],
  ])('a scope that gives %s', async (_, scope, reason) => {
    const end = await payment([json(201, {})], ietf, scope).start(cart).settled
    expect(describe(end)).toMatchObject({ outcome: 'unknown', reason })
  })

  test('another payload after the success is `changed`, not a success of its own', async () => {
    const pay = payment([json(201, { order: 1 })])
    await pay.run(cart)
    const end = await pay.start({ ...cart, total: 99 }).settled
    expect(describe(end)).toMatchObject({ outcome: 'executed', reason: 'changed', can: ['change'] })
  })

  test('an answer that is lost may be sent again where keys are honoured, and only be looked up elsewhere', async () => {
    expect(describe(await payment([lost]).start(cart).settled)).toMatchObject({
      outcome: 'unknown',
      reason: 'unreachable',
      can: ['check', 'retry'],
    })
    expect(describe(await payment([lost], noKeys).start(cart).settled)).toMatchObject({
      outcome: 'unknown',
      reason: 'unreachable',
      can: ['check'],
    })
  })
})

group("the server's own words", () => {
  test.each([
    [
      'problem details',
      { type: 'about:blank', title: 'No money', detail: 'The account has 3 euros.' },
      'The account has 3 euros.',
    ],
    ['a title alone', { type: 'about:blank', title: 'No money' }, 'No money'],
    ['`message`', { message: 'Sold out' }, 'Sold out'],
    ['`error.message`', { error: { code: 'x', message: 'Sold out' } }, 'Sold out'],
    ['OAuth', { error: 'invalid_grant', error_description: 'The grant is old.' }, 'The grant is old.'],
    ['a list of errors', { errors: [{ message: 'First' }, { message: 'Second' }] }, 'First'],
    ['JSON:API', { errors: [{ title: 'Wrong', detail: 'The date is past.' }] }, 'The date is past.'],
    ['a list of texts', { errors: ['Too late'] }, 'Too late'],
    ['details as a list', { detail: [{ loc: ['body'], msg: 'Field required' }] }, 'Field required'],
    ['a sentence under `error`', { error: 'Not enough stock' }, 'Not enough stock'],
    ['a list under `message`', { statusCode: 422, message: ['Too high'], error: 'Bad Request' }, 'Too high'],
    ['errors by field', { title: 'Invalid input', errors: { amount: ['is too high'] } }, 'is too high'],
    ['codes by field', { errors: { code: 'too_high' } }, undefined],
    ['`message` beside a title', { title: 'Bad Request', message: 'Sold out' }, 'Sold out'],
    ['a list of one', [{ message: 'Sold out', errorCode: 'STOCK' }], 'Sold out'],
    ['`error.detail`', { error: { code: 1, detail: 'Sold out' } }, 'Sold out'],
    ['`description`', { code: 1, description: 'Sold out' }, 'Sold out'],
    ['`Message`', { Message: 'Sold out' }, 'Sold out'],
    [
      'a sentence that begins with a mark',
      { message: '"Visa" [E12] is not accepted' },
      '"Visa" [E12] is not accepted',
    ],
    ['JSON within a text', { message: '{"code":12}' }, undefined],
    ['a code under `error`', { error: 'card_declined' }, undefined],
    ['nothing', {}, undefined],
    ['a number', { message: 42 }, undefined],
    ['lines and tabs', { message: ' Sold\n\tout ' }, 'Sold out'],
    ['marks that turn the direction', { message: 'Paid\u202E 001' }, 'Paid 001'],
    ['too long', { message: 'x'.repeat(400) }, 'x'.repeat(300)],
  ])('%s', async (_, body, message) => {
    const end = await payment([json(422, body)]).start(cart).settled
    expect(describe(end).serverMessage).toBe(message)
  })

  test('are none of half a JSON', async () => {
    const cut = () =>
      new Response('{"message":"Your card was', {
        status: 402,
        headers: { 'content-type': 'application/json', 'content-length': '25' },
      })
    const end = await payment([cut]).start(cart).settled
    expect(describe(end)).toMatchObject({ outcome: 'unknown', serverMessage: undefined })
  })

  test('are none of an ask that brought the proof: they would speak of the question', async () => {
    const busy = json(409, { message: 'This key is at work.' })
    const gone = json(401, { message: 'No order under this key.' })
    const client = createClient({
      transport: fetchTransport({
        baseUrl: 'https://shop.test/',
        fetch: async (_, init) => (init?.method === 'POST' ? busy() : gone()),
      }),
      store: memoryStore(),
      scope: 'anna',
      profile: ietf,
      poll: { interval: { min: 1, max: 1 } },
    })
    const pay = client.operation({
      name: 'pay',
      id: (given: typeof cart) => given.id,
      request: given => ({ method: 'post', url: 'charges', json: given }),
      status: {
        request: ({ key }) => ({ url: `charges/${key}` }),
        read: () => ({ outcome: 'not-executed' }),
      },
    })
    expect(describe(await pay.start(cart).settled)).toMatchObject({
      outcome: 'not-executed',
      reason: 'declined',
      serverMessage: undefined,
    })
  })

  test.each([
    ['an object', { status: 'failed', error: { message: 'Sold  out.', code: 'stock' } }, 'Sold out.'],
    ['a problem', { status: 'failed', error: { title: 'Sold out', detail: 'No ink left.' } }, 'No ink left.'],
    ['a sentence', { status: 'failed', error: 'Sold out.' }, 'Sold out.'],
    ['a code', { status: 'failed', error: 'SOLD_OUT' }, undefined],
    ['a page', { status: 'failed', error: '<b>Sold out</b> <i>again</i>' }, undefined],
    ['a number', { status: 'failed', error: 17 }, undefined],
    [
      'no error, beside a message of the question',
      { status: 'failed', message: 'Asked too often.' },
      undefined,
    ],
  ])('are what a question found of the refusal: %s', async (_, found, message) => {
    const store = memoryStore()
    const pay = () =>
      createClient({
        transport: fetchTransport({
          baseUrl: 'https://shop.test/',
          fetch: async (_url, init) => (init?.method === 'POST' ? lost() : json(200, found)()),
        }),
        store,
        scope: 'anna',
        profile: stillonce,
        retry: { attempts: 1 },
        poll: { interval: { min: 1, max: 1 } },
      }).operation({
        name: 'pay',
        id: (given: typeof cart) => given.id,
        request: given => ({ method: 'post', url: 'charges', json: given }),
        status: { request: ({ key }) => ({ url: `charges/${key}` }) },
      })
    const said = { outcome: 'not-executed', reason: 'declined', serverMessage: message }
    expect(describe(await pay().start(cart).settled)).toMatchObject(said)
    const snapshot = await pay().byId('cart-1').inspect()
    expect(snapshot && describe(snapshot)).toMatchObject(said)
  })

  test('are none of a page', async () => {
    const end = await payment([json(400, '<html><body>Bad Request</body></html>', 'text/html')]).start(cart)
      .settled
    expect(describe(end).serverMessage).toBeUndefined()
  })

  test.each([
    ['a page without markup', 'Blocked by the firewall', 'text/html', undefined],
    ['markup behind a word', 'Sorry <html><body>log in</body></html>', 'text/plain', undefined],
    ['bytes', '\u0089PNG\u0001\u0002', 'image/png', undefined],
    ['a file', 'Sold out', 'application/octet-stream', undefined],
    ['a form', 'error=stock&error_description=Sold+out', 'application/x-www-form-urlencoded', undefined],
    ['a text, which is theirs', 'Sold out', 'text/plain; charset=utf-8', 'Sold out'],
  ])('are none of %s', async (_, text, type, message) => {
    const end = await payment([json(401, text, type)]).start(cart).settled
    expect(describe(end).serverMessage).toBe(message)
  })

  test('are none of half a text: the other half may say the contrary', async () => {
    const cut = () =>
      new Response(
        new ReadableStream({
          start: controller => controller.enqueue(new TextEncoder().encode('Your card was not decl')),
          pull: controller => controller.error(new TypeError('terminated')),
        }),
        { status: 402, headers: { 'content-type': 'text/plain', 'content-length': '60' } },
      )
    const end = await payment([cut]).start(cart).settled
    expect(end.error?.response).toMatchObject({ status: 402, body: 'Your card was not decl' })
    expect(describe(end)).toMatchObject({ outcome: 'unknown', serverMessage: undefined })
  })

  test('are not among what a log prints of the error by itself', async () => {
    const end = await payment([json(402, { message: 'No.' })]).start(cart).settled
    expect(Object.keys(end.error!)).not.toContain('serverMessage')
  })
})

group('what is no end', () => {
  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'executed'],
    ['an error of the page itself', new TypeError('cart is undefined')],
    ['an object', {}],
    ['a list', []],
    ['a word that is no outcome', { outcome: 'paid' }],
  ])('is shown as unknown, to be checked: %s', (_, value) => {
    expect(describe(value as never)).toEqual({
      outcome: 'unknown',
      reason: 'mistake',
      serverMessage: undefined,
      retryAt: undefined,
      can: ['check'],
    })
  })

  test('an end whose error is null is one without an error', () => {
    expect(describe({ outcome: 'executed', error: null } as never)).toMatchObject({
      outcome: 'executed',
      reason: undefined,
    })
  })
})
