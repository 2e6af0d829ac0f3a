import { describe, expect, test, vi } from 'vitest'
import type { VerdictEvidence } from '../../src/engine/plan.ts'
import type { VerdictName } from '../../src/core/answers/verdict.ts'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import { ietf } from '../../src/profiles/ietf.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, reset } from './bench/scripted-server.ts'

/** A server that says all in the body, as GraphQL does. */
const graphql = ({ body }: VerdictEvidence): VerdictName | undefined => {
  const { errors } = body as { errors?: readonly { message: string }[] }
  return errors === undefined ? undefined : 'rejected'
}

describe('the definition’s own verdict', () => {
  test('errors in a 200 are a refusal, and a first one is conclusive', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(200, { errors: [{ message: 'no stock' }] }), answer(200, { order: 9 }))
    const order = placeOrder({ verdict: graphql })

    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({
      code: 'rejected',
      outcome: 'not-executed',
      message: "The definition's verdict. The operation was not executed. Read `response` for why.",
      response: { status: 200, body: { errors: [{ message: 'no stock' }] } },
    })
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-2'])
  })

  test('after an attempt that may have executed a refusal settles nothing', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(reset, answer(200, { errors: [{ message: 'no stock' }] }))

    expect((await clock.until(ending(placeOrder({ verdict: graphql }).run(cart)))).error).toMatchObject({
      code: 'rejected',
      outcome: 'unknown',
    })
  })

  test('it sees the answer as it came, and which attempt it is', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(
      answer(503, { title: 'Busy' }, { 'x-own': '1' }),
      answer(201, { order: 9 }, { 'idempotent-replayed': 'true' }),
    )
    const verdict = vi.fn<(evidence: VerdictEvidence) => undefined>(() => undefined)
    await clock.until(placeOrder({ verdict }).run(cart))

    expect(verdict.mock.calls.map(([evidence]) => evidence)).toMatchObject([
      {
        status: 503,
        headers: { 'x-own': '1' },
        body: { title: 'Busy' },
        problem: { type: 'about:blank', title: 'Busy' },
        replayed: false,
        attempt: 1,
      },
      { status: 201, body: { order: 9 }, replayed: true, attempt: 2 },
    ])
  })

  test('it says nothing where there is no answer', async () => {
    const { placeOrder, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(reset)
    const verdict = vi.fn<() => VerdictName>(() => 'succeeded')

    expect((await clock.until(ending(placeOrder({ verdict }).run(cart)))).error).toMatchObject({
      outcome: 'unknown',
    })
    expect(verdict).not.toHaveBeenCalled()
  })

  test.each<[string, () => VerdictName, string, string, number]>([
    ['succeeded', () => 'succeeded', '', 'executed', 1],
    ['processing', () => 'processing', 'still-processing', 'unknown', 3],
    ['rejected', () => 'rejected', 'rejected', 'not-executed', 1],
    ['conflict', () => 'conflict', 'conflict', 'not-executed', 1],
    ['mismatch', () => 'mismatch', 'payload-mismatch', 'not-executed', 1],
    ['unknown', () => 'unknown', 'unresolved', 'unknown', 2],
    ['try-again', () => 'try-again', 'unresolved', 'unknown', 2],
    ['not-sent', () => 'not-sent', 'unresolved', 'unknown', 2],
    ['something else, which is a mistake', () => 'fine' as VerdictName, 'configuration', 'unknown', 1],
    [
      'nothing but an error',
      () => {
        throw new Error('what is this?')
      },
      'unresolved',
      'unknown',
      2,
    ],
  ])('%s of a 200', async (_, verdict, code, outcome, sends) => {
    const { placeOrder, server, clock } = bench({
      retry: { attempts: 2 },
      poll: { deadline: 2_500, interval: { min: 1_000, max: 1_000 } },
    })
    server.always(answer(200, { order: 9 }))

    const settled = await clock.until(placeOrder({ verdict }).start(cart).settled)

    expect([settled.outcome, settled.error?.code ?? '']).toEqual([outcome, code])
    expect(server.requests).toHaveLength(sends)
  })

  test.each<[VerdictName]>([['not-sent'], ['try-again'], ['unknown'], ['processing']])(
    'it never permits a re-send where keys are not honoured: %s',
    async verdict => {
      const { placeOrder, server, clock } = bench({ profile: noKeys, poll: { deadline: 5_000 } })
      server.always(answer(200, { order: 9 }))

      expect(
        (await clock.until(ending(placeOrder({ verdict: () => verdict }).run(cart)))).error,
      ).toMatchObject({
        outcome: 'unknown',
      })
      expect(server.requests).toHaveLength(1)
    },
  )

  test('it cannot make a 401 speak for the key', async () => {
    const { placeOrder, server, clock, record } = bench()
    server.script(answer(401))

    expect(
      (await clock.until(ending(placeOrder({ verdict: () => 'rejected' }).run(cart)))).error,
    ).toMatchObject({
      code: 'rejected',
      outcome: 'not-executed',
    })
    expect(await record()).toMatchObject({ state: 'pending', key: 'key-1' })
  })

  test('a success by its word is a success also in a 500', async () => {
    const { placeOrder, server, clock } = bench()
    server.script(answer(500, { order: 9 }))

    expect(await clock.until(placeOrder({ verdict: () => 'succeeded' }).run(cart))).toEqual({ order: 9 })
  })

  test.each<[string, (evidence: VerdictEvidence) => void]>([
    ['the headers', ({ headers }) => Object.assign(headers, { 'idempotent-replayed': 'true' })],
    ['the body', ({ body }) => Object.assign(body as object, { code: 'out_of_stock' })],
  ])('what it changes of %s changes nothing of what the answer proves', async (_, spoil) => {
    const profile = defineProfile({
      ...ietf,
      rules: [{ status: 422, code: 'out_of_stock', means: 'rejected', conclusive: true, source: 'a test' }],
    })
    const { placeOrder, server, clock } = bench({ profile, retry: { attempts: 2 } })
    server.script(reset, answer(422, { code: 'other' }))
    const verdict = (evidence: VerdictEvidence): undefined => {
      spoil(evidence)
      return undefined
    }

    expect((await clock.until(ending(placeOrder({ verdict }).run(cart)))).error).toMatchObject({
      outcome: 'unknown',
      response: { body: { code: 'other' } },
    })
  })
})
