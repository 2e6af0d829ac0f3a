import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { describe, expect, test } from 'vitest'
import * as exported from '../../../src/entries/profiles.ts'
import { defineProfile } from '../../../src/profiles/define-profile.ts'
import type { OperationDefinition } from '../../../src/client/definition.ts'
import type { Settled } from '../../../src/client/settled.ts'
import type { Cart } from '../bench/bench.ts'
import { Order, bench, cart, ending } from '../bench/bench.ts'
import { answer, reset } from '../bench/scripted-server.ts'
import type { DialectServer, Fate } from './dialect-server.ts'
import { dialectServer } from './dialect-server.ts'
import type { Case, Ended } from './dialects.ts'
import { CASES } from './dialects.ts'

const profiles = { ...exported }

const KEY = '6f8b0f6e-5a64-4d0c-9d0f-2f6b8f1f7a10'

/** The client under this profile, in front of a server that speaks as its owner says. */
function world({ of, server: dialect, sends, reads }: Case, ...fates: Fate[]) {
  const setup = { profile: profiles[of], poll: { deadline: 20_000 }, keys: 'uuid' } as const
  const { client, server, clock, another } = bench(setup)
  const spoken = dialectServer(dialect, () => clock.elapsed())
  spoken.fate(...fates)
  server.always(spoken.reply)
  const definition: OperationDefinition<Cart> = {
    name: 'pay',
    id: ({ id }) => id,
    request: json =>
      sends === 'form'
        ? { method: 'post', url: 'pay', body: new URLSearchParams({ total: String(json.total) }) }
        : { method: 'post', url: 'pay', json },
    response: reads === 'text' ? z.string() : Order,
  }
  const define = (changes: Partial<OperationDefinition<Cart>> = {}, by = client) =>
    by.operation<Cart>({ ...definition, ...changes })
  return { define, spoken, server, clock, another: () => another(setup).client }
}

function ended({ outcome, error }: Settled, spoken: DialectServer): Ended {
  return [outcome, error?.code, spoken.executed()]
}

describe.each(CASES)('$of', row => {
  test('a lost answer', async () => {
    const { define, spoken, server, clock } = world(row, { lost: true })
    const end = await clock.until(define().start(cart).settled)

    expect(ended(end, spoken)).toEqual(row.lost)
    expect(end.outcome === 'executed' && end.replayed).toBe(row.marked === true)
    const [first] = server.requests
    for (const request of server.requests)
      expect([request.url, request.body]).toEqual([first?.url, first?.body])
  })

  test('another payload under the same key', async () => {
    const { define, spoken, clock } = world(row)
    await clock.until(define({ key: () => KEY }).start(cart).settled)
    const other = define({ name: 'pay-again', key: () => KEY })

    expect(ended(await clock.until(other.start({ id: 'cart-42', total: 1 }).settled), spoken)).toEqual(
      row.other,
    )
  })

  test('a refusal that was lost', async () => {
    const { define, spoken, clock } = world(row, { says: 'declined', lost: true })

    expect(ended(await clock.until(define().start(cart).settled), spoken)).toEqual(row.declined)
  })

  test('a key that the server may have forgotten', async () => {
    const { define, spoken, server, clock, another } = world(row, { lost: true })
    await clock.until(define({ retry: { attempts: 1 } }).start(cart).settled)
    const sent = server.requests.length
    const ms = Math.min(row.late, 5 * 365 * 86_400_000)
    await clock.advance(ms - clock.elapsed())
    const { error } = await clock.until(define({}, another()).start(cart).settled)

    const isSent = row.late === Number.POSITIVE_INFINITY
    expect([error?.code === 'key-expired', server.requests.length > sent]).toEqual(
      profiles[row.of].honoursKeys ? [!isSent, isSent] : [false, false],
    )
    expect(spoken.executed()).toBe(1)
  })
})

test.each(CASES.filter(({ busy }) => busy !== undefined))(
  '$of: a lost answer, and a request that is at work',
  async row => {
    const { define, spoken, clock } = world(row, { lost: true, tookMs: 5_000 })

    expect(ended(await clock.until(define().start(cart).settled), spoken)).toEqual(row.busy)
    expect(clock.elapsed()).toBeGreaterThanOrEqual(5_000)
  },
)

test.each(CASES.filter(({ shape }) => shape !== undefined))(
  '$of: a key of another shape is not sent',
  async row => {
    const [key = '', fault] = row.shape ?? []
    const { define, server, clock } = world(row)
    const { error } = await clock.until(define({ key: () => key }).start(cart).settled)

    expect(error).toMatchObject({ code: 'configuration', message: `operation(pay).key: ${fault}` })
    expect(server.requests).toHaveLength(0)
  },
)

describe('every profile', () => {
  const names = Object.keys(profiles)

  test('has a server here, but the one for servers without keys', () => {
    expect([...CASES.map(({ of }) => of), 'noKeys'].toSorted()).toEqual(names.toSorted())
    expect(names.length).toBeGreaterThan(25)
  })

  test('has a name of its own', () => {
    expect(new Set(Object.values(profiles).map(({ name }) => name)).size).toBe(names.length)
  })

  test.each(names)('passes the checks that it is spared, and is complete: %s', name => {
    const profile = Object.entries(profiles).find(([own]) => own === name)?.[1]

    expect(defineProfile(profile!)).toStrictEqual(profile)
    expect(Object.isFrozen(profile?.rules)).toBe(true)
  })

  const ours = new Set(['noKeys', 'stillonce'])

  test.each(names.filter(name => !ours.has(name)))('names the pages of its owner: %s', name => {
    const file = name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
    const text = readFileSync(new URL(`../../../src/profiles/${file}.ts`, import.meta.url), 'utf8')

    expect(text).toMatch(/https:\/\/\S+/)
  })
})

describe('graphql, whose server remembers nothing', () => {
  const DAY = 86_400_000
  const honours = { ...exported.graphql, name: 'acme', honoursKeys: true, header: 'Idempotency-Key' }

  test('makes no profile that trusts a server with keys for ever', async () => {
    const setup = { profile: defineProfile(honours), retry: { attempts: 1 } }
    const { placeOrder, server, clock, another } = bench(setup)
    server.script(reset)
    await clock.until(ending(placeOrder().run(cart)))
    await clock.advance(DAY)
    const { error } = await clock.until(ending(another(setup).placeOrder().run(cart)))

    expect(error).toMatchObject({ code: 'key-expired', outcome: 'unknown' })
    expect(server.requests).toHaveLength(1)
  })

  test('sends what was refused by a sign-in a year later', async () => {
    const { placeOrder, server, clock } = bench({ profile: exported.graphql })
    server.script(answer(401, {}), answer(200, { order: 9 }))
    const order = placeOrder()
    await clock.until(ending(order.run(cart)))
    await clock.advance(365 * DAY)

    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
  })
})

test('telnyx: what it finds invalid is declined, and goes again with what was mended', async () => {
  const { placeOrder, server, clock } = bench({ profile: exported.telnyx })
  server.script(answer(422, { errors: [{ code: '10015' }] }), answer(201, { order: 9 }))
  const order = placeOrder()
  const { error } = await clock.until(ending(order.run(cart)))

  expect(error).toMatchObject({ code: 'rejected', outcome: 'not-executed', reason: 'declined' })
  expect(await clock.until(order.run({ ...cart, total: 5 }))).toEqual({ order: 9 })
})
