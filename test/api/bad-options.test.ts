import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { OperationDefinition } from '../../src/client/definition.ts'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import { ietf } from '../../src/profiles/ietf.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { createClient } from '../../src/entries/core.ts'
import { createClient as createKyClient } from '../../src/entries/index.ts'
import { fetchTransport } from '../../src/transports/fetch.ts'
import type { OperationError } from '../../src/public/errors.ts'
import type { Conclusion } from '../../src/client/stored/call-arguments.ts'
import type { Cart, OrderData } from './bench/bench.ts'
import { bench, cart, ending, orderDefinition } from './bench/bench.ts'
import { answer } from './bench/scripted-server.ts'

const good = {
  transport: fetchTransport({ baseUrl: 'https://shop.test/' }),
  store: memoryStore(),
  scope: 'user-7',
  profile: ietf,
}

/** What is thrown, or nothing. */
function thrownBy(work: () => unknown): OperationError | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return error as OperationError
  }
}

function expectConfiguration(work: () => unknown, message: string): void {
  const error = thrownBy(work)
  expect(error?.message).toContain(message)
  expect(error).toMatchObject({ code: 'configuration', outcome: 'not-executed', name: 'OperationError' })
}

const NUMBER = 'must be a number of ms'
const day = 86_400_000

describe('a wrong option of a client is named at its creation', () => {
  test.each<[string, object, string]>([
    ['no store', { store: undefined }, 'store: is required'],
    ['a store that is none', { store: 'memory' }, 'store: is required'],
    ['a store without get', { store: { ...memoryStore(), get: undefined } }, 'store.get: must be a function'],
    [
      'a store without listOpen',
      { store: { ...memoryStore(), listOpen: 1 } },
      'store.listOpen: must be a function',
    ],
    ['no scope', { scope: undefined }, 'scope: must be a string, or a function that gives one'],
    ['an empty scope', { scope: '' }, 'scope: must not be empty'],
    ['a number as scope', { scope: 7 }, 'scope: must be a string'],
    ['no profile', { profile: undefined }, 'profile: is required'],
    ['a profile’s name', { profile: 'ietf' }, 'profile: must be what defineProfile gives'],
    [
      'a profile written by hand',
      { profile: { name: 'own', honoursKeys: true } },
      'profile: must be what defineProfile gives, which checks and completes it',
    ],
    [
      'a profile changed without defineProfile',
      { profile: { ...ietf, honoursKeys: false } },
      'profile.honoursKeys: is another than defineProfile gave',
    ],
    [
      'a profile with one field more',
      { profile: { ...ietf, honorsKeys: true } },
      'profile.honorsKeys: is another than defineProfile gave',
    ],
    [
      'a retention that is none',
      { profile: { ...ietf, retention: '24h' } },
      'profile.retention: must be a positive number',
    ],
    ['an account that is a number', { account: 7 }, 'account: must be a string'],
    ['a listener that is none', { onEvent: 'log' }, 'onEvent: must be a function'],
    ['a transport that is none', { transport: {} }, 'transport: is required'],
    ['no transport', { transport: undefined }, 'transport: is required'],
    ['a misspelt option', { timeOut: 5_000 }, 'timeOut: there is no such option'],
    ['an option of ky', { http: {} }, 'http: there is no such option'],

    ['timeout: text', { timeout: '5s' }, `timeout: ${NUMBER}`],
    ['timeout: null', { timeout: null }, `timeout: ${NUMBER}`],
    ['timeout: not a number', { timeout: Number.NaN }, `timeout: ${NUMBER}`],
    ['timeout: for ever', { timeout: Number.POSITIVE_INFINITY }, `timeout: ${NUMBER}`],
    ['timeout: zero', { timeout: 0 }, 'timeout: must be between 1 and 2147483647 ms'],
    ['timeout: beyond any timer', { timeout: 2 ** 31 }, 'timeout: must be between 1 and 2147483647 ms'],
    ['deadline: false', { deadline: false }, `deadline: ${NUMBER}`],
    ['deadline: negative', { deadline: -1 }, 'deadline: must be between 1 and 2147483647 ms'],
    [
      'deadline: longer than the server remembers',
      { deadline: day },
      'deadline: deadline and margin (95040000 ms) must be less than the 86400000 ms',
    ],
    ['remember: negative', { remember: -1 }, 'remember: must be between 0'],
    ['remember: longer than the fact', { remember: 366 * day }, 'remember: must be at most a year'],
    ['remember: text', { remember: 'a day' }, `remember: ${NUMBER}`],
    ['validFor: zero', { validFor: 0 }, 'validFor: must be between 1'],
    ['maxBodyBytes: zero', { maxBodyBytes: 0 }, 'maxBodyBytes: must be a whole number of at least 1'],
    ['maxBodyBytes: a fraction', { maxBodyBytes: 1.5 }, 'maxBodyBytes: must be a whole number of at least 1'],

    ['retry: a number', { retry: 3 }, 'retry: must be an object'],
    ['retry: a list', { retry: [3] }, 'retry: must be an object'],
    ['retry: null', { retry: null }, 'retry: must be an object'],
    [
      'retry.attempts: zero',
      { retry: { attempts: 0 } },
      'retry.attempts: must be a whole number of at least 1',
    ],
    [
      'retry.attempts: text',
      { retry: { attempts: '4' } },
      'retry.attempts: must be a whole number of at least 1',
    ],
    ['retry.limit', { retry: { limit: 4 } }, 'retry.limit: there is no such option'],
    ['retry.backoff: a number', { retry: { backoff: 250 } }, 'retry.backoff: must be an object'],
    [
      'retry.backoff.base: negative',
      { retry: { backoff: { base: -1 } } },
      'retry.backoff.base: must be between 0',
    ],
    ['retry.backoff.cap: text', { retry: { backoff: { cap: '8s' } } }, `retry.backoff.cap: ${NUMBER}`],
    [
      'retry.backoff.base: above the cap',
      { retry: { backoff: { base: 9_000 } } },
      'retry.backoff.base: must not be greater than the cap',
    ],
    [
      'retry.backoff.factor',
      { retry: { backoff: { factor: 2 } } },
      'retry.backoff.factor: there is no such option',
    ],
    ['poll: a number', { poll: 500 }, 'poll: must be an object'],
    ['poll.interval: a number', { poll: { interval: 500 } }, 'poll.interval: must be an object'],
    ['poll.interval.min: zero', { poll: { interval: { min: 0 } } }, 'poll.interval.min: must be between 1'],
    ['poll.interval.max: text', { poll: { interval: { max: 'x' } } }, `poll.interval.max: ${NUMBER}`],
    [
      'poll.interval.min: above max',
      { poll: { interval: { min: 6_000 } } },
      'poll.interval.min: must not be greater than max',
    ],
    [
      'poll.interval.step',
      { poll: { interval: { step: 1 } } },
      'poll.interval.step: there is no such option',
    ],
    ['poll.deadline: zero', { poll: { deadline: 0 } }, 'poll.deadline: must be between 1'],
    ['poll.timeout', { poll: { timeout: 1 } }, 'poll.timeout: there is no such option'],
    ['retry.backoff: null', { retry: { backoff: null } }, 'retry.backoff: must be an object'],
  ])('%s', (_, wrong, message) => {
    expectConfiguration(() => createClient({ ...good, ...wrong }), message)
  })

  test.each<[string, unknown, string]>([
    ['a number as http', 5, 'http: must be a ky instance or ky options'],
    ['a fetch that is a number', { fetch: 5 }, 'http.fetch: must be a function'],
    ['a fetch that is null', { fetch: null }, 'http.fetch: must be a function'],
    ['hooks that are a list', { hooks: [] }, 'http.hooks: must be an object'],
    [
      'one hook in place of a list',
      { hooks: { beforeRequest: () => {} } },
      'http.hooks.beforeRequest: must be',
    ],
    [
      'a hook that is none',
      { hooks: { afterResponse: [undefined] } },
      'http.hooks.afterResponse: must be a list',
    ],
  ])('%s', (_, http, message) => {
    const { transport: _transport, ...others } = good
    expectConfiguration(() => createKyClient({ ...others, http: http as never }), message)
  })

  test.each<[string, object]>([
    ['an instance of a class', new (class extends Object {})()],
    ['what inherits', Object.create(good)],
    ['a promise', Promise.resolve(good)],
  ])('%s in the place of its options', (_, options) => {
    const message = 'must be an object of names and values'
    expectConfiguration(() => createClient(options as never), `options: ${message}`)
    expectConfiguration(() => createClient({ ...good, retry: options }), `retry: ${message}`)
    expectConfiguration(
      () => createClient({ ...good, profile: options as never }),
      'profile: must be what defineProfile gives',
    )
    expectConfiguration(() => fetchTransport(options), 'fetchTransport: takes an object')
    const { transport: _transport, ...others } = good
    const hooks = options
    expectConfiguration(() => createKyClient({ ...others, http: options }), 'http: must be a ky instance')
    expectConfiguration(() => createKyClient({ ...others, http: { hooks } }), `http.hooks: ${message}`)
  })

  test('no options at all', () => {
    expectConfiguration(() => createClient(undefined as never), 'options: must be an object')
  })

  test.each<[string, object]>([
    ['a retry without a pause', { retry: { backoff: { base: 0, cap: 0 } } }],
    ['remember: 0', { remember: 0 }],
    ['a profile with a retention of its own', { profile: { ...ietf, retention: 1e9 } }],
    ['the longest timer', { poll: { deadline: 2 ** 31 - 1 } }],
    [
      'options that are left undefined',
      { timeout: undefined, retry: undefined, poll: undefined, account: undefined },
    ],
  ])('%s is a good one', (_, options) => {
    expect(thrownBy(() => createClient({ ...good, ...options }))).toBeUndefined()
  })
})

describe('a wrong definition is named where it is made', () => {
  type Wrong = Partial<Record<keyof OperationDefinition<Cart>, unknown>>
  const at = 'operation(place-order)'

  test.each<[string, Wrong & Record<string, unknown>, string]>([
    ['no name', { name: undefined }, 'operation.name: must be a non-empty string'],
    ['an empty name', { name: '' }, 'operation.name: must be a non-empty string'],
    ['no id', { id: undefined }, `${at}.id: must be a function`],
    ['an id that is text', { id: 'cart-42' }, `${at}.id: must be a function`],
    ['no request', { request: undefined }, `${at}.request: must be a function`],
    ['a request that is an object', { request: { url: 'orders' } }, `${at}.request: must be a function`],
    ['a schema that is none', { response: { parse: () => {} } }, `${at}.response: must be a Standard Schema`],
    ['a schema that is null', { response: null }, `${at}.response: must be a Standard Schema`],
    ['a status that is a function', { status: () => {} }, `${at}.status: must be { request, read? }`],
    ['a status without request', { status: { read: () => {} } }, `${at}.status.request: must be a function`],
    [
      'a status.read that is none',
      { status: { request: () => ({}), read: true } },
      `${at}.status.read: must be a function`,
    ],
    [
      'a status.url',
      { status: { request: () => ({}), url: 'x' } },
      `${at}.status.url: there is no such option`,
    ],
    [
      'absentAfter: negative',
      { status: { request: () => ({}), absentAfter: -1 } },
      `${at}.status.absentAfter: ${NUMBER}`,
    ],
    ['a cancel without request', { cancel: {} }, `${at}.cancel.request: must be a function`],
    [
      'a cancel.absentAfter',
      { cancel: { request: () => ({}), absentAfter: 1 } },
      `${at}.cancel.absentAfter: there is no such option`,
    ],
    ['a verdict that is text', { verdict: 'succeeded' }, `${at}.verdict: must be a function`],
    ['a fingerprint that is text', { fingerprint: 'lines' }, `${at}.fingerprint: must be a function`],
    ['a key that is text', { key: 'k' }, `${at}.key: must be a function`],
    ['an onConflict that is none', { onConflict: true }, `${at}.onConflict: must be a function`],
    ['conflictTurns: negative', { conflictTurns: -1 }, `${at}.conflictTurns: must be a whole number`],
    ['conflictTurns: a fraction', { conflictTurns: 1.5 }, `${at}.conflictTurns: must be a whole number`],
    ['persist: body', { persist: 'body' }, `${at}.persist: must be 'key' or 'request'`],
    ['persist: true', { persist: true }, `${at}.persist: must be 'key' or 'request'`],
    ['dropHeaders: text', { dropHeaders: 'x-own' }, `${at}.dropHeaders: must be a list of header names`],
    [
      'dropHeaders: one that is kept too',
      { keepHeaders: ['X-Own'], dropHeaders: ['x-own'] },
      `${at}.dropHeaders: x-own is in keepHeaders too`,
    ],
    [
      'keepHeaders: a token',
      { keepHeaders: ['X-CSRF-Token'] },
      `${at}.keepHeaders: x-csrf-token is a credential`,
    ],
    ['keepHeaders: text', { keepHeaders: 'x-own' }, `${at}.keepHeaders: must be a list of header names`],
    ['keepHeaders: numbers', { keepHeaders: [1] }, `${at}.keepHeaders: must be a list of header names`],
    [
      'keepHeaders: a credential',
      { keepHeaders: ['Authorization'] },
      `${at}.keepHeaders: authorization is a credential, which is never stored`,
    ],
    [
      'keepHeaders: a cookie',
      { keepHeaders: ['x-own', 'Cookie'] },
      `${at}.keepHeaders: cookie is a credential`,
    ],
    [
      'keepHeaders: an API key',
      { keepHeaders: ['X-Api-Key'] },
      `${at}.keepHeaders: x-api-key is a credential`,
    ],
    ...[
      'X-Session-Id',
      'x-session',
      'session_id',
      'X-Functions-Key',
      'Ocp-Apim-Subscription-Key',
      'X-Access-Key',
      'X-Api-Secret-Key',
      'DD-API-KEY',
      'X-ApiKey',
      'access_token',
      'X-Shopify-Access-Token',
      'X-Amz-Security-Token',
      'Proxy-Authorization',
      'X-Goog-IAP-JWT-Assertion',
      'DPoP',
      'X-Hub-Signature-256',
      'x-user-password',
      'X-OTP',
    ].map((name): [string, Wrong, string] => [
      `keepHeaders: ${name}`,
      { persist: 'request', keepHeaders: [name] },
      `${at}.keepHeaders: ${name.toLowerCase()} is a credential`,
    ]),
    ...['keepHeaders', 'dropHeaders'].flatMap(option =>
      [
        { names: [''], fault: 'must be a list of header names' },
        { names: ['x-own', 'x t'], fault: 'must be a list of header names' },
        { names: ['x:'], fault: 'must be a list of header names' },
        { names: ['naïve'], fault: 'must be a list of header names' },
        { names: ['idempotency-KEY'], fault: 'Idempotency-Key is the key itself, which the client sets' },
        { names: ['x-own'], persist: 'key', fault: "has no effect without `persist: 'request'`" },
      ].map(({ names, persist = 'request', fault }): [string, Wrong, string] => [
        `${option}: ${JSON.stringify(names)}, persist: ${persist}`,
        { persist, [option]: names },
        `${at}.${option}: ${fault}`,
      ]),
    ),
    [
      'conflictTurns without onConflict',
      { conflictTurns: 2 },
      `${at}.conflictTurns: has no effect without \`onConflict\``,
    ],
    ['a Map as retry', { retry: new Map([['attempts', 1]]) }, `${at}.retry: must be an object of names`],
    [
      'what inherits as poll',
      { poll: Object.create({ deadline: 1 }) },
      `${at}.poll: must be an object of names and values`,
    ],
    [
      'a promise as backoff',
      { retry: { backoff: Promise.resolve() } },
      `${at}.retry.backoff: must be an object`,
    ],
    [
      'what inherits as status',
      { status: Object.create({ request: () => ({}) }) },
      `${at}.status: must be {`,
    ],
    ['a misspelt option', { respond: z.string() }, `${at}.respond: there is no such option`],
    ['timeout: zero', { timeout: 0 }, `${at}.timeout: must be between 1`],
    ['timeout: null', { timeout: null }, `${at}.timeout: ${NUMBER}`],
    ['retry: a number', { retry: 3 }, `${at}.retry: must be an object`],
    [
      'retry.attempts: zero',
      { retry: { attempts: 0 } },
      `${at}.retry.attempts: must be a whole number of at least 1`,
    ],
    ['retry.backoff: a number', { retry: { backoff: 3 } }, `${at}.retry.backoff: must be an object`],
    ['poll: a number', { poll: 3 }, `${at}.poll: must be an object`],
    ['poll.interval: text', { poll: { interval: '500' } }, `${at}.poll.interval: must be an object`],
    ['poll.deadline: text', { poll: { deadline: '1m' } }, `${at}.poll.deadline: ${NUMBER}`],
    ['remember: not a number', { remember: Number.NaN }, `${at}.remember: ${NUMBER}`],
    ['deadline: longer than the server remembers', { deadline: day }, `${at}.deadline: deadline and margin`],
    ['a profile that is none', { profile: {} }, `${at}.profile: must be what defineProfile gives`],
    ['validFor, which is the client’s', { validFor: 1 }, `${at}.validFor: there is no such option`],
    ['redefine: text', { redefine: 'yes' }, `${at}.redefine: must be true or false`],
  ])('%s', (_, wrong, message) => {
    const { client } = bench()

    expectConfiguration(
      () => client.operation({ ...orderDefinition, ...wrong } as OperationDefinition<Cart>),
      message,
    )
  })

  test('no definition at all', () => {
    expectConfiguration(() => bench().client.operation(undefined as never), 'operation: must be a definition')
  })

  test('an instance of a class: what it inherits would be left out', () => {
    class Definition {
      readonly name = 'place-order'
      readonly id = orderDefinition.id
      readonly request = orderDefinition.request
      get profile() {
        return noKeys
      }
    }
    const message = 'operation: must be a definition, as an object of names and values'
    expectConfiguration(() => bench().client.operation(new Definition()), message)
    expectConfiguration(() => bench().client.operation(Object.create(orderDefinition)), message)
  })

  test.each([undefined, null, 5, 'x', {}, Promise.resolve()])(
    '%o to be called on changes',
    async listener => {
      const { placeOrder, server, clock } = bench()
      server.script(answer(201, { order: 9 }))
      const order = placeOrder()
      const run = order.start(cart)
      const wrong = listener as never
      expectConfiguration(() => run.subscribe(wrong), 'subscribe: must be given a function')
      await clock.until(run.settled)
      const resumed = await clock.until(order.resume(cart))
      expectConfiguration(() => resumed!.subscribe(wrong), 'subscribe: must be given a function')
      expectConfiguration(
        () => order.start(cart, 5 as never).subscribe(wrong),
        'subscribe: must be given a function',
      )
      await clock.until(resumed!.settled)
    },
  )

  test('a second definition of one name', () => {
    const { placeOrder } = bench()
    placeOrder()

    expectConfiguration(placeOrder, 'operation(place-order).name: is defined already')
    expect(thrownBy(() => placeOrder({ redefine: true }))).toBeUndefined()
  })

  test('its own options go over those of the client, one by one', async () => {
    const { placeOrder, server, clock } = bench({
      retry: { attempts: 2, backoff: { base: 1_000, cap: 1_000 } },
    })
    server.always(() => {
      throw new TypeError('fetch failed')
    })
    await clock.until(ending(placeOrder({ retry: { attempts: 3 } }).run(cart)))

    expect(server.requests.map(({ at: time }) => time)).toEqual([0, 500, 1_000])
  })
})

describe('a wrong profile is named by its field', () => {
  const base = { name: 'acme', honoursKeys: true }
  const rule = { status: 409, means: 'processing', source: 'https://acme.test/docs' }

  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'profile: must be an object'],
    ['no name', { ...base, name: '' }, 'profile.name: must be a non-empty string'],
    ['no statement on keys', { name: 'acme' }, 'profile.honoursKeys: must be true or false'],
    [
      'a statement that is text',
      { ...base, honoursKeys: 'yes' },
      'profile.honoursKeys: must be true or false',
    ],
    [
      'a header that is none',
      { ...base, header: 'Idempotency Key' },
      'profile.header: must be a header name',
    ],
    ['a header with a line break', { ...base, header: 'X\r\nY' }, 'profile.header: must be a header name'],
    ...['Cookie', 'content-type', 'Date', 'Authorization', 'Sec-Key', 'Proxy-Key', 'TE'].map(
      (header): [string, unknown, string] => [
        `the header ${header}, which carries no key`,
        { ...base, header },
        'profile.header: is a header that says something else',
      ],
    ),
    ['an unknown format', { ...base, format: 'sf-string' }, "profile.format: must be 'raw' or 'quoted'"],
    ['a key that is a number', { ...base, key: 255 }, 'profile.key: must be an object'],
    ['a misspelt key', { ...base, key: { maxLenght: 5 } }, 'profile.key.maxLenght: there is no such option'],
    ...['header', 'replayed', 'firstSent'].flatMap((name): [string, unknown, string][] => {
      const sign = name === 'header' ? { name: 'x-reason' } : { header: 'x-reason' }
      const place = name === 'header' ? 'profile.rules[0].header' : `profile.${name}`
      const holding = (given: unknown) =>
        name === 'header' ? { ...base, rules: [{ ...rule, header: given }] } : { ...base, [name]: given }
      return [
        [`a misspelt value of ${name}`, holding({ ...sign, vaule: 'x' }), `${place}.vaule: there is no such`],
        [`a list of values of ${name}`, holding({ ...sign, values: ['x'] }), `${place}.values: there is no`],
        [`${name} that is text`, holding('x-reason'), `${place}: must be an object of names and values`],
        [`${name} that is a pair`, holding(['x-reason', 'x']), `${place}: must be an object`],
        [`${name} that is a Map`, holding(new Map(Object.entries(sign))), `${place}: must be an object`],
        [`${name} that inherits`, holding(Object.create(sign)), `${place}: must be an object`],
        [`${name} that is null`, holding(null), `${place}: must be an object`],
      ]
    }),
    ...['status', 'cancel', 'key'].flatMap((name): [string, unknown, string][] => [
      [
        `a misspelt field of ${name}`,
        { ...base, [name]: { exectued: ['x'] } },
        `profile.${name}.exectued: there`,
      ],
      [
        `${name} that inherits`,
        { ...base, [name]: Object.create({ field: 'x' }) },
        `profile.${name}: must be an`,
      ],
      [`${name} that is null`, { ...base, [name]: null }, `profile.${name}: must be an object`],
    ]),
    [
      'a rule that inherits',
      { ...base, rules: [Object.create(rule)] },
      'profile.rules[0]: must be an object of names and values',
    ],
    [
      'a maxLength of zero',
      { ...base, key: { maxLength: 0 } },
      'profile.key.maxLength: must be a positive number',
    ],
    ['a misspelt maxLength', { ...base, key: { length: 5 } }, 'profile.key.length: there is no such option'],
    ['a retention of text', { ...base, retention: '24h' }, 'profile.retention: must be a positive number'],
    [
      'a retention for ever',
      { ...base, retention: Number.POSITIVE_INFINITY },
      'profile.retention: must be a positive number',
    ],
    ['comparesBytes: text', { ...base, comparesBytes: 'no' }, 'profile.comparesBytes: must be true or false'],
    ['rules that are none', { ...base, rules: {} }, 'profile.rules: must be a list'],
    ['a rule that is text', { ...base, rules: ['409'] }, 'profile.rules[0]: must be an object'],
    [
      'a rule without status',
      { ...base, rules: [rule, { ...rule, status: '409' }] },
      'profile.rules[1].status: must be an HTTP status from 200 to 999',
    ],
    [
      'a rule with a status of 99',
      { ...base, rules: [{ ...rule, status: 99 }] },
      'profile.rules[0].status: must be an HTTP status from 200 to 999',
    ],
    [
      'a way that delivers twice',
      { ...base, delivers: 'twice' },
      "profile.delivers: must be 'once' or 'again', or left out",
    ],
    [
      'a rule for every delivery that is text',
      { ...base, rules: [{ ...rule, means: 'rejected', everyDelivery: 'yes' }] },
      'profile.rules[0].everyDelivery: must be true or false',
    ],
    ...(['processing', 'succeeded', 'exists', 'unknown'] as const).map((means): [string, unknown, string] => [
      `a rule for every delivery that says ${means}`,
      { ...base, rules: [{ ...rule, means, everyDelivery: true }] },
      'profile.rules[0].everyDelivery: is for rules that refuse (means rejected, conflict, mismatch, try-again): leave it out',
    ]),
    [
      'a rule with an unknown meaning',
      { ...base, rules: [{ ...rule, means: 'busy' }] },
      'profile.rules[0].means: must be one of processing, rejected',
    ],
    [
      'a rule without a source',
      { ...base, rules: [{ ...rule, source: '' }] },
      'profile.rules[0].source: must say where the rule comes from',
    ],
    [
      'a rule with a code that is a number',
      { ...base, rules: [{ ...rule, code: 4 }] },
      'profile.rules[0].code: must be a string',
    ],
    [
      'a rule with a header that is text',
      { ...base, rules: [{ ...rule, header: 'retry-after' }] },
      'profile.rules[0].header: must be an object of names and values',
    ],
    [
      'a misspelt field of a rule',
      { ...base, rules: [{ ...rule, mean: 'x' }] },
      'profile.rules[0].mean: there is no such option',
    ],
    [
      'a 401 that speaks for the key',
      { ...base, rules: [{ ...rule, status: 401, conclusive: true }] },
      'profile.rules[0].conclusive: 401 never speaks for the key',
    ],
    [
      'conclusive: text',
      { ...base, rules: [{ ...rule, conclusive: 'yes' }] },
      'profile.rules[0].conclusive: must be true or false',
    ],
    [
      'a header value that is a number',
      { ...base, rules: [{ ...rule, header: { name: 'a', value: 1 } }] },
      'profile.rules[0].header.value: must be a string',
    ],
    [
      'a replay marker that is text',
      { ...base, replayed: 'Idempotent-Replayed' },
      'profile.replayed: must be an object of names and values',
    ],
    [
      'a replay marker of null',
      { ...base, replayed: null },
      'profile.replayed: must be an object of names and values',
    ],
    [
      'a replay value that is a boolean',
      { ...base, replayed: { header: 'x', value: true } },
      'profile.replayed.value: must be a string',
    ],
    [
      'firstSent that is text',
      { ...base, firstSent: 'x-first' },
      'profile.firstSent: must be an object of names and values',
    ],
    [
      'trustedOrigins that is text',
      { ...base, trustedOrigins: 'https://a.test' },
      'profile.trustedOrigins: must be a list',
    ],
    [
      'a trusted URL',
      { ...base, trustedOrigins: ['https://a.test', 'https://a.test/status'] },
      'profile.trustedOrigins[1]: must be an origin',
    ],
    ['status that is a list', { ...base, status: ['done'] }, 'profile.status: must be an object'],
    ['status that is null', { ...base, status: null }, 'profile.status: must be an object'],
    [
      'a misspelt list of words',
      { ...base, status: { success: ['ok'] } },
      'profile.status.success: there is no such option',
    ],
    [
      'fetchesResult in cancel',
      { ...base, cancel: { fetchesResult: true } },
      'profile.cancel.fetchesResult: there is no such option',
    ],
    [
      'fetchesResult of text',
      { ...base, status: { fetchesResult: 'yes' } },
      'profile.status.fetchesResult: must be true or false',
    ],
    [
      'a field that is empty',
      { ...base, status: { field: '' } },
      'profile.status.field: must be the name of',
    ],
    [
      'a field with an empty name',
      { ...base, cancel: { field: 'a..b' } },
      'profile.cancel.field: must be the name of',
    ],
    ...[
      'data[0].status',
      '$.data.status',
      '/data/status',
      'data.status ',
      ' status',
      'data. status',
      '@',
      'a\tb',
    ].map((field): [string, unknown, string] => [
      `a field that no answer has: ${JSON.stringify(field)}`,
      { ...base, status: { field } },
      'profile.status.field: must be the name of',
    ]),
    [
      'a word of nothing but what does not count',
      { ...base, status: { executed: ['_-_'] } },
      'profile.status.executed: must be a list of texts',
    ],
    [
      'words that are text',
      { ...base, status: { executed: 'done' } },
      'profile.status.executed: must be a list of texts',
    ],
    [
      'a word that is blank',
      { ...base, cancel: { sealed: [' '] } },
      'profile.cancel.sealed: must be a list of texts',
    ],
    [
      'a word that is a number',
      { ...base, status: { notExecuted: [0] } },
      'profile.status.notExecuted: must be a list of texts',
    ],
    [
      'processing that is another text',
      { ...base, status: { processing: 'all' } },
      'profile.status.processing: must be a list of texts',
    ],
    [
      'a word that says two things',
      { ...base, status: { executed: ['On Hold'], processing: ['on-hold'] } },
      'profile.status.processing: says of "onhold" something else than executed',
    ],
    ['namesKey: text', { ...base, namesKey: 'yes' }, 'profile.namesKey: must be true or false'],
    ['a header of null', { ...base, header: null }, 'profile.header: must be a header name'],
    ['retention: null', { ...base, retention: null }, 'profile.retention: must be a positive number'],
    ['comparesBytes: null', { ...base, comparesBytes: null }, 'profile.comparesBytes: must be true or false'],
    [
      'key.maxLength: null',
      { ...base, key: { maxLength: null } },
      'profile.key.maxLength: must be a positive number',
    ],
    ...(
      [
        [
          'in another place',
          { in: 'body', field: 'a' },
          'key.in: must be one of header, json, form, query, request',
        ],
        ['in JSON without a field', { in: 'json' }, 'key.field: must be the name of a field, or names'],
        [
          'in JSON at a pointer',
          { in: 'json', field: '/a' },
          'key.field: must be the name of a field, or names',
        ],
        ['in a form without a field', { in: 'form' }, 'key.field: must be the name of a field'],
        [
          'in the query without a field',
          { in: 'query', field: '' },
          'key.field: must be the name of a parameter',
        ],
        ['in a header that is none', { field: 'a b' }, 'header: must be a header name'],
        [
          'shorter than longest',
          { minLength: 9, maxLength: 8 },
          'key.minLength: must not be greater than maxLength',
        ],
        ['minLength: 0', { minLength: 0 }, 'key.minLength: must be a positive number'],
        ['an alphabet of blanks', { alphabet: 'a b' }, 'key.alphabet: must be characters and ranges'],
        ['an alphabet backwards', { alphabet: 'z-a' }, 'key.alphabet: must be characters and ranges'],
        ['an empty alphabet', { alphabet: '' }, 'key.alphabet: must be characters and ranges'],
        ['another format', { format: 'ulid' }, "key.format: must be 'uuid', or left out"],
        ['a misspelt field', { place: 'json' }, 'key.place: there is no such option'],
      ] satisfies [string, object, string][]
    ).map(([what, key, fault]): [string, unknown, string] => [
      `a key ${what}`,
      { ...base, key },
      `profile.${fault}`,
    ]),
    [
      'a header beside a field',
      { ...base, header: 'X-Key', key: { in: 'json', field: 'key' } },
      'profile.header: carries no key, because `key.in` puts it into the json: leave it out',
    ],
    [
      'a header that names the key, where none carries it',
      { ...base, namesKey: true, key: { in: 'json', field: 'key' } },
      'profile.namesKey: is about a response header called as `header`, and there is none',
    ],
    [
      'two headers',
      { ...base, header: 'X-Key', key: { field: 'X-Other' } },
      'profile.key.field: is another header than `header` names',
    ],
    [
      'a quoted key in the body',
      { ...base, format: 'quoted', key: { in: 'json', field: 'key' } },
      'profile.format: is the form of a header, and none carries the key',
    ],
    ...[
      ['$.error', 'a path'],
      ['details[0].issue', 'an index in brackets'],
      ['details.[].issue', 'a list without a name inside the body'],
      ['', 'nothing'],
      ['<Code', 'half an element'],
      ['<a b>', 'two names'],
    ].map(([at, what]): [string, unknown, string] => [
      `a code at ${what}`,
      { ...base, rules: [{ ...rule, code: 'x', at }] },
      'profile.rules[0].at: must be a path such as details[].issue, or an element such as <Code>',
    ]),
    [
      'a field that no rule has',
      { ...base, rules: [{ ...rule, path: 'errorType' }] },
      'profile.rules[0].path: there is no such option',
    ],
    [
      'a replay in two places',
      { ...base, replayed: { header: 'x', at: 'y' } },
      'profile.replayed: must have header or at, not both',
    ],
    [
      'a replay at a pointer',
      { ...base, replayed: { at: '/y' } },
      'profile.replayed.at: must be a path such as details[].issue, or an element such as <Code>',
    ],
    [
      'a retention of another word',
      { ...base, retention: 'long' },
      'profile.retention: must be a positive number',
    ],
    [
      'another payload that is anything',
      { ...base, otherPayload: 'ignored' },
      'profile.otherPayload: must be one of refused, first-answer, new-resource',
    ],
    [
      'other bytes where these are executed',
      { ...base, otherPayload: 'new-resource', comparesBytes: false },
      'profile.comparesBytes: must be true: this server executes other bytes',
    ],
    ['a misspelt field', { ...base, honorsKeys: true }, 'profile.honorsKeys: there is no such option'],
  ])('%s', (_, input, message) => {
    expectConfiguration(() => defineProfile(input as Parameters<typeof defineProfile>[0]), message)
  })

  test.each(['status', 'data.0.status', '$state', '@type', 'order status', 'zahlung.zustand-ä', 'a:b.c_d'])(
    'a field may be called %s',
    field => {
      expect(defineProfile({ ...base, cancel: { field } })).toMatchObject({
        cancel: { field },
      })
    },
  )

  test('what is made of it is its own, and frozen through and through', () => {
    const header = { name: 'x-stored', value: 'yes' }
    const given = { ...rule, means: 'rejected' as const, header }
    const replayed = { header: 'x-replayed', value: 'yes' }
    const profile = defineProfile({ ...base, rules: [given], replayed, firstSent: { header: 'x-first' } })
    header.value = 'no'
    replayed.value = 'no'
    Object.assign(given, { conclusive: true })

    expect(profile).toMatchObject({
      rules: [{ status: 409, header: { value: 'yes' } }],
      replayed: { value: 'yes' },
    })
    expect(profile.rules[0]).not.toHaveProperty('conclusive')
    const { rules, key, firstSent } = profile
    for (const part of [profile, rules, rules[0], rules[0]?.header, key, profile.replayed, firstSent])
      expect(Object.isFrozen(part)).toBe(true)
  })
})

describe('what a call gives is checked before anything is sent', () => {
  const at = 'operation(place-order)'

  test.each<[string, unknown, string]>([
    ['nothing', undefined, `${at}.id: gives nothing, so it names nothing`],
    ['null', null, `${at}.id: gives nothing, so it names nothing`],
    ['empty text', '', `${at}.id: gives nothing, so it names nothing`],
    ['white space', ' \n\u00A0', `${at}.id: is blank, so it names nothing`],
    ['what nobody sees', '\u200B\u2800', `${at}.id: is blank, so it names nothing`],
    ['not a number', Number.NaN, `${at}.id: it is NaN`],
    ['a bigint', 9n, `${at}.id: it is a bigint: give its text, as in String(n)`],
    ['a function', () => 'x', `${at}.id: it is a function`],
    ['a Map', new Map([['a', 1]]), `${at}.id: it is of class Map: only plain objects name something`],
    ['a symbol within', { shop: Symbol('s') }, `${at}.id: shop is a symbol`],
    ['a promise', Promise.resolve('cart-42'), `${at}.id: must be synchronous: it gave a promise`],
  ])('an id that is %s', async (_, id, message) => {
    const { placeOrder, server, clock } = bench()
    const order = placeOrder({ id: () => id })

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'configuration',
      message,
    })
    expect((await clock.until(ending(order.inspect(cart)))).error).toMatchObject({
      code: 'configuration',
      message,
    })
    expect((await clock.until(ending(order.byId(id).forget()))).error).toMatchObject({
      code: 'configuration',
      message,
    })
    expect(server.requests).toHaveLength(0)
  })

  describe('what its own toJSON or getter throws stays out of the message', () => {
    const canary = 'canary-4711'
    const unfit = {
      get total(): number {
        throw new Error(canary)
      },
    }
    const named = {
      toJSON(): never {
        throw new Error(canary)
      },
    }
    const fault = 'cannot be written as JSON: it is too deep, or a toJSON or a getter of it threw'
    const circular: Record<string, unknown> = {}
    circular['itself'] = circular

    test.each<[string, Partial<OperationDefinition<Cart, OrderData>>, string]>([
      [
        'an id',
        { id: () => unfit },
        `${at}.id: cannot be read: a getter or a proxy of it threw, or it is too deep`,
      ],
      ['an id that names its own JSON', { id: () => named }, `${at}.id: toJSON is a function`],
      [
        'a body',
        { request: () => ({ method: 'post', url: 'orders', json: { cart: named } }) },
        `${at}.request.json: ${fault}`,
      ],
      [
        'a body that contains itself',
        { request: () => ({ method: 'post', url: 'orders', json: circular }) },
        `${at}.request.json: itself contains itself`,
      ],
      ['a fingerprint', { fingerprint: () => unfit }, `${at}.fingerprint: ${fault}`],
    ])('%s', async (_, changes, message) => {
      const { placeOrder, server, clock } = bench()
      const { error } = await clock.until(ending(placeOrder(changes).run(cart)))

      expect(error).toMatchObject({ code: 'configuration', message })
      expect(inspect(error, { depth: null })).not.toContain(canary)
      expect(server.requests).toHaveLength(0)
    })

    test.each<[string, Conclusion, string]>([
      ['data', { outcome: 'executed', data: { cart: unfit } }, `${at}.conclude.data: must be a JSON value`],
      ['an error', { outcome: 'not-executed', error: named }, `${at}.conclude.error: must be a JSON value`],
    ])('%s given to conclude', async (_, told, message) => {
      const { placeOrder, clock, records } = bench()
      const { error } = await clock.until(ending(placeOrder().conclude(cart, told)))

      expect(error).toMatchObject({ code: 'configuration', message })
      expect(inspect(error, { depth: null })).not.toContain(canary)
      expect(await records()).toEqual([])
    })
  })

  test.each<[string, unknown, string]>([
    ['nothing', undefined, `${at}.request: must give { method, url, json | body, headers? }`],
    ['text', 'orders', `${at}.request: must give { method, url, json | body, headers? }`],
    [
      'a promise',
      Promise.resolve({ method: 'post', url: 'orders' }),
      `${at}.request: must be synchronous: it gave a promise`,
    ],
    ['no method', { url: 'orders' }, `${at}.request.method: must be an HTTP method`],
    [
      'a method that injects',
      { method: 'POST /x HTTP/1.1', url: 'orders' },
      `${at}.request.method: must be an HTTP method`,
    ],
    ['CONNECT', { method: 'connect', url: 'orders' }, `${at}.request.method: fetch refuses CONNECT`],
    ['TRACE', { method: 'trace', url: 'orders' }, `${at}.request.method: fetch refuses TRACE`],
    ['no URL', { method: 'post' }, `${at}.request.url: is not a URL, or is relative without a \`baseUrl\``],
    [
      'a URL that is a number',
      { method: 'post', url: 42 },
      `${at}.request.url: is not a URL, or is relative without a \`baseUrl\``,
    ],
    [
      'a URL that is none',
      { method: 'post', url: 'https://' },
      `${at}.request.url: is not a URL, or is relative without a \`baseUrl\``,
    ],
    [
      'a URL of another scheme',
      { method: 'post', url: 'ftp://shop.test/orders' },
      `${at}.request.url: must be http or https`,
    ],
    [
      'a URL of a script',
      { method: 'post', url: 'javascript:alert(1)' },
      `${at}.request.url: must be http or https`,
    ],
    [
      'a URL of data',
      { method: 'post', url: 'data:text/plain,x' },
      `${at}.request.url: must be http or https`,
    ],
    [
      'a URL with credentials',
      { method: 'post', url: 'https://me:pw@shop.test/' },
      `${at}.request.url: must not carry credentials`,
    ],
    ...['//evil.test/x', '\\\\evil.test/x', '/\\evil.test/x', ' /\t/evil.test/x'].map(
      (url): [string, unknown, string] => [
        `a URL that leads to another host unseen: ${url}`,
        { method: 'post', url },
        `${at}.request.url: begins with two slashes, which leads to another host`,
      ],
    ),
    [
      'json and body',
      { method: 'post', url: 'orders', json: 1, body: 'x' },
      `${at}.request: must give json or body, not both`,
    ],
    ['a GET with a body', { method: 'get', url: 'orders', json: 1 }, `${at}.request.body: GET has no body`],
    [
      'json that contains itself',
      { method: 'post', url: 'orders', json: selfContaining() },
      `${at}.request.json: `,
    ],
    ['json with a bigint', { method: 'post', url: 'orders', json: { total: 9n } }, `${at}.request.json: `],
    [
      'a header name that is none',
      { method: 'post', url: 'orders', headers: { 'x y': '1' } },
      `${at}.request.headers: a name is not a header name`,
    ],
    [
      'a header with a line break',
      { method: 'post', url: 'orders', headers: { 'x-own': 'a\r\nb: c' } },
      `${at}.request.headers.x-own: is not a header value`,
    ],
    [
      'a header that is a number',
      { method: 'post', url: 'orders', headers: { 'x-own': 1 } },
      `${at}.request.headers.x-own: is not a header value`,
    ],
    ...['if-match', 'If-None-Match', 'if-unmodified-since', 'x-tenant'].map(
      (name): [string, unknown, string] => [
        `a header that is undefined: ${name}`,
        { method: 'put', url: 'orders/9', json: 1, headers: { [name]: undefined } },
        `${at}.request.headers.${name}: is undefined: leave it out or give a text`,
      ],
    ),
    [
      'a header that is undefined, in pairs',
      { method: 'put', url: 'orders/9', json: 1, headers: [['if-match', undefined]] },
      `${at}.request.headers.if-match: is undefined: leave it out or give a text`,
    ],
    [
      'the key itself',
      { method: 'post', url: 'orders', headers: { 'idempotency-KEY': 'mine' } },
      `${at}.request.headers.idempotency-KEY: is the key itself, which the client sets`,
    ],
    [
      'the key itself, in Headers',
      { method: 'post', url: 'orders', headers: new Headers({ 'Idempotency-Key': 'mine' }) },
      `${at}.request.headers.idempotency-key: is the key itself, which the client sets`,
    ],
    ...[
      ['a number', 5],
      ['text', 'if-match: "v1"'],
      ['null', null],
      ['a Date', new Date(0)],
      ['a list of texts', ['if-match', '"v1"']],
      ['pairs of three', [['if-match', '"v1"', '"v2"']]],
      ['a Set', new Set(['if-match'])],
      ['an object that only inherits', Object.create({ 'if-match': '"v1"' })],
    ].map(([name, headers]): [string, unknown, string] => [
      `${String(name)} as headers`,
      { method: 'put', url: 'orders/9', json: 1, headers },
      `${at}.request.headers: must be an object of names and values, Headers, or pairs of name and value`,
    ]),
    [
      'a promise of headers',
      { method: 'put', url: 'orders/9', json: 1, headers: Promise.resolve({ 'if-match': '"v1"' }) },
      `${at}.request.headers: must be synchronous: it gave a promise`,
    ],
    ...[
      'data',
      'Json',
      'params',
      'searchParams',
      'baseURL',
      'timeout',
      'signal',
      'credentials',
      'header',
    ].map((field): [string, unknown, string] => [
      `one with ${field}`,
      { method: 'post', url: 'orders', [field]: { total: 990 } },
      `${at}.request.${field}: would be left out: a request has method, url, json | body, headers`,
    ]),
    [
      'a Request',
      new Request('https://shop.test/orders', { method: 'post', credentials: 'include' }),
      `${at}.request: must give { method, url, json | body, headers? }`,
    ],
  ])('a request that is %s', async (_, request, message) => {
    const { placeOrder, server, clock, records } = bench()
    const order = placeOrder({ request: () => request as never })

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'configuration',
      outcome: 'not-executed',
      message: expect.stringContaining(message),
    })
    expect(server.requests).toHaveLength(0)
    expect(await records()).toEqual([])
  })

  test('a relative URL without a base URL', async () => {
    const client = createClient({ ...good, transport: fetchTransport() })
    const order = client.operation<Cart, OrderData>(orderDefinition)

    expect((await ending(order.run(cart))).error).toMatchObject({
      code: 'configuration',
      message: `${at}.request.url: is not a URL, or is relative without a \`baseUrl\``,
    })
  })

  test.each(['id', 'request', 'fingerprint'] as const)('%s throws: its error is the cause', async name => {
    const { placeOrder, server, clock } = bench()
    const thrown = new Error('my mistake')
    const order = placeOrder({
      [name]: () => {
        throw thrown
      },
    })

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'configuration',
      message: `${at}.${name}: threw`,
      cause: thrown,
    })
    expect(server.requests).toHaveLength(0)
  })

  test('a status request that throws costs no outcome', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(() => {
      throw new TypeError('fetch failed')
    })
    const thrown = new Error('my mistake')
    const order = placeOrder({
      status: {
        request: () => {
          throw thrown
        },
      },
    })

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'configuration',
      outcome: 'unknown',
      message: `${at}.status.request: threw`,
      cause: thrown,
    })
  })

  test('a cancel request that throws costs no outcome', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(() => {
      throw new TypeError('fetch failed')
    })
    const thrown = new Error('my mistake')
    const order = placeOrder({
      cancel: {
        request: () => {
          throw thrown
        },
      },
    })
    await clock.until(ending(order.run(cart)))

    expect((await clock.until(ending(order.cancel(cart)))).error).toMatchObject({
      code: 'configuration',
      outcome: 'unknown',
      message: `${at}.cancel.request: threw`,
      cause: thrown,
    })
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a URL that is none', { url: 'https://' }],
    ['another scheme', { url: 'ftp://shop.test/' }],
    ['one with params', { url: 'orders/9', params: { wait: 1 } }],
    ['one with a number as headers', { url: 'orders/9', headers: 5 }],
  ])('a status request that is %s costs no outcome', async (_, request) => {
    const { placeOrder, server, clock, record } = bench({ retry: { attempts: 1 } })
    server.script(() => {
      throw new TypeError('fetch failed')
    })
    const order = placeOrder({ status: { request: () => request as never } })

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'configuration',
      outcome: 'unknown',
      message: expect.stringContaining(`${at}.status.request`),
    })
    expect(await record()).toMatchObject({ state: 'pending', key: 'key-1' })
  })
})

function selfContaining(): unknown {
  const value: Record<string, unknown> = {}
  value['self'] = value
  return value
}

test.each<[string, object]>([
  ['credentials', { credentials: 'sometimes' }],
  ['headers', { headers: 'x-tenant: 7' }],
  ['headers', { headers: 7 }],
  ['headers', { headers: Promise.resolve({ authorization: 'Bearer t' }) }],
  ['headers', { headers: ['x-tenant', '7'] }],
  ['headers.authorization', { headers: { authorization: () => 'Bearer t' } }],
  ['headers.Idempotency-Key', { headers: { 'Idempotency-Key': 'mine' } }],
  ['dispatcher', { dispatcher: 5 }],
  ['parseJson', { parseJson: 'JSON' }],
  ['fetch', { fetch: {} }],
  ['baseUrl', { baseUrl: 'http://' }],
  ['timeout', { timeout: 5 }],
  ['mode', { mode: 'cors' }],
])('fetchTransport.%s is told by name: %o', (name, options) => {
  expect(() => fetchTransport(options as never)).toThrow(
    expect.objectContaining({
      code: 'configuration',
      message: expect.stringMatching(new RegExp(`^fetchTransport\\.${name}`)),
    }),
  )
})

test.each<[string, unknown]>([
  ['text', 'authorization: Bearer t'],
  ['a Set', new Set(['authorization'])],
])('fetchTransport.headers that gives %s is told at the call, and nothing is sent', async (_, given) => {
  const calls: unknown[] = []
  const transport = fetchTransport({
    baseUrl: 'https://shop.test/',
    headers: () => given as never,
    fetch: async (...call) => {
      calls.push(call)
      return Response.json({ order: 9 })
    },
  })
  const client = createClient({ ...good, transport, store: memoryStore() })

  expect((await ending(client.operation<Cart, OrderData>(orderDefinition).run(cart))).error).toMatchObject({
    code: 'configuration',
    outcome: 'not-executed',
    message: expect.stringContaining('fetchTransport.headers: must be an object of names and values'),
  })
  expect(calls).toEqual([])
})
