import { describe, expect, test } from 'vitest'
import type { Rule } from '../../src/core/answers/profile.ts'
import type { ProfileInput } from '../../src/profiles/made-profile.ts'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import type { Setup } from './bench/bench.ts'
import { bench, cart, ending } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { answer, refusedConnection, reset } from './bench/scripted-server.ts'

const acme = (changes: Partial<ProfileInput>) =>
  defineProfile({ name: 'acme', honoursKeys: true, ...changes })

const source = 'https://docs.acme.test/keys'

/** How a run ends against a server that says this, and how often it was asked. */
async function endOf(profile: Partial<ProfileInput>, replies: readonly Reply[], setup: Setup = {}) {
  const world = bench({ profile: acme(profile), retry: { attempts: 2 }, poll: { deadline: 1 }, ...setup })
  world.server.script(...replies)
  const end = await world.clock.until(world.placeOrder({ response: undefined }).start(cart).settled)
  return [end.outcome, end.error?.code, world.server.requests.length]
}

const xml =
  (status: number, text: string): Reply =>
  () =>
    new Response(text, {
      status,
      headers: { 'content-type': 'text/xml', 'content-length': String(text.length) },
    })

describe('a rule finds its code where the server puts it', () => {
  test.each<[string, Omit<Rule, 'source'>, Reply]>([
    [
      'errorType (Coinbase CDP)',
      { status: 409, at: 'errorType', code: 'idempotency_error', means: 'mismatch' },
      answer(409, { errorType: 'idempotency_error', errorMessage: 'used' }),
    ],
    [
      'a list of objects (PayPal)',
      { status: 422, at: 'details[].issue', code: 'DUPLICATE_REQUEST_ID', means: 'mismatch' },
      answer(422, { name: 'UNPROCESSABLE_ENTITY', details: [{ issue: 'DUPLICATE_REQUEST_ID' }] }),
    ],
    [
      'a list of texts (Checkout.com)',
      { status: 422, at: 'error_codes[]', code: 'key_reused', means: 'mismatch' },
      answer(422, { error_codes: ['other', 'key_reused'] }),
    ],
    [
      'a list as the whole body (Salesforce)',
      { status: 400, at: '[].errorCode', code: 'KEY_REUSED', means: 'mismatch' },
      answer(400, [{ errorCode: 'OTHER' }, { errorCode: 'KEY_REUSED' }]),
    ],
    [
      '__type with a name space (AWS)',
      { status: 400, at: '__type', code: 'ConflictException', means: 'mismatch' },
      answer(400, { __type: 'com.amazonaws.ecs#ConflictException' }),
    ],
    [
      'XML (Amazon EC2)',
      { status: 400, at: '<Code>', code: 'IdempotentParameterMismatch', means: 'mismatch' },
      xml(
        400,
        '<Response><Errors><Error><Code>IdempotentParameterMismatch</Code></Error></Errors></Response>',
      ),
    ],
  ])('%s', async (_, rule, reply) => {
    expect(await endOf({ rules: [{ ...rule, source }] }, [reply])).toEqual([
      'not-executed',
      'payload-mismatch',
      1,
    ])
  })

  test('a place without a code: that something stands there', async () => {
    const rules: Rule[] = [{ status: 200, at: 'errors[].message', means: 'unknown', source }]
    const errors = [{ message: 'no' }]

    expect(await endOf({ rules, honoursKeys: false }, [answer(200, { data: null, errors })])).toEqual([
      'unknown',
      'unresolved',
      1,
    ])
    expect(await endOf({ rules, honoursKeys: false }, [answer(200, { data: {}, errors: [] })])).toEqual([
      'executed',
      undefined,
      1,
    ])
  })

  test('and not where it says that it does not stand', async () => {
    const rules: Rule[] = [{ status: 400, at: 'errorType', code: 'used', means: 'mismatch', source }]

    expect(await endOf({ rules }, [answer(400, { code: 'used', error: { errorType: 'used' } })])).toEqual([
      'not-executed',
      'rejected',
      1,
    ])
  })
})

describe('a status means what the server says that it means', () => {
  test.each<[string, Omit<Rule, 'source'>, readonly Reply[], readonly unknown[]]>([
    [
      '202 is a result',
      { status: 202, means: 'succeeded' },
      [answer(202, { order: 9 })],
      ['executed', undefined, 1],
    ],
    [
      '409 means created before: of a key that this record has sent',
      { status: 409, means: 'exists' },
      [reset, answer(409, { message: 'created' })],
      ['executed', 'already-executed', 2],
    ],
    [
      '409 means created before: of a key that it never sent',
      { status: 409, means: 'exists' },
      [refusedConnection, answer(409, { message: 'created' })],
      ['unknown', 'conflict', 2],
    ],
    [
      '400 means that it exists',
      { status: 400, code: 'exists', means: 'exists' },
      [reset, answer(400, { code: 'exists' })],
      ['executed', 'already-executed', 2],
    ],
    [
      '208 is progress',
      { status: 208, means: 'processing' },
      [answer(208, {})],
      ['unknown', 'still-processing', 1],
    ],
    [
      '417 is another payload',
      { status: 417, means: 'mismatch' },
      [answer(417, {})],
      ['not-executed', 'payload-mismatch', 1],
    ],
  ])('%s', async (_, rule, replies, end) => {
    expect(await endOf({ rules: [{ ...rule, source }] }, replies)).toEqual(end)
  })
})

test('what a lost store sent is no refusal: the next run finds what the key made', async () => {
  const profile = acme({ rules: [{ status: 409, means: 'exists', source }] })
  const { placeOrder, server, clock } = bench({ profile })
  const order = placeOrder({ key: () => 'invoice-42' })
  server.always(answer(409, { message: 'created' }))
  const ends = [await clock.until(order.start(cart).settled), await clock.until(order.start(cart).settled)]

  expect(ends).toMatchObject([
    { outcome: 'unknown', error: { code: 'conflict' } },
    { outcome: 'executed', error: { code: 'already-executed' } },
  ])
  expect(server.requests.map(({ key }) => key)).toEqual(['invoice-42', 'invoice-42'])
})

describe('the mark of a replay', () => {
  test.each<[string, Partial<ProfileInput>, Reply]>([
    [
      'is on what the answer says to exist',
      { rules: [{ status: 409, means: 'exists', source }] },
      answer(409, { id: 9 }),
    ],
    [
      'is on a result that cannot be read',
      { replayed: { header: 'x-hit' } },
      answer(204, undefined, { 'x-hit': '1' }),
    ],
  ])('%s', async (_, profile, reply) => {
    const { placeOrder, server, clock } = bench({ profile: acme(profile) })
    server.script(reset, reply)
    const run = placeOrder().start(cart)
    const settled = await clock.until(run.settled)

    expect(settled).toMatchObject({ outcome: 'executed' })
    expect(run.snapshot.replayed).toBe(true)
  })

  test.each<[string, ProfileInput['replayed'], Reply, boolean]>([
    ['in the body', { at: 'meta.replayed', value: 'true' }, answer(201, { meta: { replayed: true } }), true],
    [
      'another value',
      { at: 'meta.replayed', value: 'true' },
      answer(201, { meta: { replayed: false } }),
      false,
    ],
    ['without a value: that it is there', { at: 'cached' }, answer(201, { cached: '' }), true],
    ['not there', { at: 'cached' }, answer(201, {}), false],
    [
      'in a list',
      { at: 'value[].result', value: 'accepted' },
      answer(201, { value: [{ result: 'accepted' }] }),
      true,
    ],
    ['in a header', { header: 'x-hit' }, answer(201, {}, { 'x-hit': '1' }), true],
  ])('%s', async (_, replayed, reply, isReplay) => {
    const { placeOrder, server, clock } = bench({ profile: acme({ replayed }) })
    server.script(reply)

    expect(await clock.until(placeOrder({ response: undefined }).start(cart).settled)).toMatchObject({
      outcome: 'executed',
      replayed: isReplay,
    })
  })

  test('a refusal that is given again settles the key also after a lost answer', async () => {
    const lost = [reset, answer(402, { again: true })]

    expect(await endOf({ replayed: { at: 'again' } }, lost)).toEqual(['not-executed', 'rejected', 2])
    expect(await endOf({}, lost)).toEqual(['unknown', 'rejected', 2])
  })
})

describe('how long a key is used', () => {
  /** One attempt was lost, so much time has passed, and the operation is called again. */
  async function again(retention: ProfileInput['retention'], ms: number, changes: Setup = {}) {
    const { placeOrder, server, clock, another } = bench({
      profile: acme({ retention }),
      retry: { attempts: 1 },
      deadline: 100_000,
    })
    server.script(reset, answer(201, { order: 9 }))
    await clock.until(ending(placeOrder().run(cart)))
    await clock.advance(ms - clock.elapsed())
    const later = another({ profile: acme({ retention }), deadline: 100_000, ...changes })
    const { error } = await clock.until(ending(later.placeOrder().run(cart)))
    return error?.code ?? 'sent'
  }

  test.each<[string, ProfileInput['retention'], number, string]>([
    ['nobody knows: within the deadline of the first run', 'unknown', 99_999, 'sent'],
    ['nobody knows: not after it', 'unknown', 100_000, 'key-expired'],
    ['for ever: ten years later', 'forever', 10 * 365 * 86_400_000, 'sent'],
    ['a day: within it, less a tenth', 86_400_000, 77_759_999, 'sent'],
    ['a day: not after it', 86_400_000, 77_760_000, 'key-expired'],
  ])('%s', async (_, retention, ms, end) => {
    expect(await again(retention, ms)).toBe(end)
  })

  test('nobody knows: a later run with more time has no more of it', async () => {
    expect(await again('unknown', 100_000, { deadline: 900_000 })).toBe('key-expired')
  })

  test('a deadline of any length goes with both', () => {
    for (const retention of ['forever', 'unknown'] as const)
      expect(() => bench({ profile: acme({ retention }), deadline: 2_000_000_000 })).not.toThrow()
  })
})

describe('a server that does not refuse another payload', () => {
  test('and gives the first answer: other bytes of the same meaning are sent', async () => {
    const { placeOrder, server, clock, another } = bench({
      profile: acme({ otherPayload: 'first-answer' }),
      retry: { attempts: 1 },
    })
    server.script(reset, answer(201, { order: 9 }))
    const fingerprint = ({ id }: { id: string }) => id
    await clock.until(ending(placeOrder({ fingerprint }).run(cart)))
    const later = another({ profile: acme({ otherPayload: 'first-answer' }) })

    expect(await clock.until(later.placeOrder({ fingerprint }).run({ ...cart, total: 1 }))).toEqual({
      order: 9,
    })
  })

  test('and makes a new resource: other bytes are never sent, it asks instead', async () => {
    const profile = acme({ otherPayload: 'new-resource' })
    const { placeOrder, server, clock, another } = bench({ profile, retry: { attempts: 1 } })
    server.script(reset)
    const fingerprint = ({ id }: { id: string }) => id
    await clock.until(ending(placeOrder({ fingerprint }).run(cart)))
    const later = another({ profile })
    const { error } = await clock.until(ending(later.placeOrder({ fingerprint }).run({ ...cart, total: 1 })))

    expect(profile.comparesBytes).toBe(true)
    expect(error).toMatchObject({ outcome: 'unknown' })
    expect(server.requests).toHaveLength(1)
  })

  test.each<[ProfileInput['otherPayload'], string]>([
    ['refused', 'payload-mismatch'],
    ['first-answer', 'rejected'],
    ['new-resource', 'rejected'],
  ])('a 422 to a key that was sent before: %s', async (otherPayload, code) => {
    expect(await endOf({ otherPayload }, [reset, answer(422, { error: 'no' })])).toEqual(['unknown', code, 2])
  })
})

test('a rule has no other fields: they are type errors, and refused by name', () => {
  const rules: Rule[] = [
    // @ts-expect-error -- no such field
    { status: 409, where: 'errorType', code: 'used', means: 'mismatch', source },
  ]

  expect(() => acme({ rules })).toThrow('profile.rules[0].where: there is no such option')
})
