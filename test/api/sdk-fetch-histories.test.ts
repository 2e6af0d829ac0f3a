import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FetchOptions } from '../../src/client/sdk/fetch-options.ts'
import { stripe } from '../../src/profiles/stripe.ts'
import { operationErrorOf } from '../../src/public/operation-error-of.ts'
import { bench } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { answer, refusedConnection, reset } from './bench/scripted-server.ts'

/*
 * Random histories of an SDK behind `client.fetch`: a server that executes once per key, whose answers are lost, late or
 * refusals; calls of the same thing by the SDK, by people and by other processes on the same store.
 */

const OPTIONS: FetchOptions = { name: 'charges', id: request => request.headers.get('idempotency-key') }

type Fate = 'answers' | 'loses' | 'declines' | 'is-down' | 'is-busy' | 'refuses' | 'never-hears'
const fate = fc.constantFrom<Fate>(
  'answers',
  'loses',
  'declines',
  'is-down',
  'is-busy',
  'refuses',
  'never-hears',
)
const call = fc.record({
  process: fc.nat(1),
  pauseMs: fc.constantFrom(0, 500, 20_000),
  leavesAfterMs: fc.option(fc.constantFrom(1, 300), { nil: undefined }),
  isTwice: fc.boolean(),
})

/** Executes once per key, or refuses for good; then says so, as `fates` have it. */
function serverOf(fates: readonly Fate[]) {
  const byKey = new Map<string, Reply>()
  const executed: string[] = []
  let asked = 0
  const reply: Reply = request => {
    const next = fates[asked++ % fates.length] ?? 'answers'
    const key = request.key ?? ''
    if (next === 'never-hears') return refusedConnection(request)
    if (next === 'is-down') return answer(503, { error: 'down' })(request)
    if (next === 'is-busy') return answer(429, { error: 'busy' }, { 'retry-after': '1' })(request)
    if (next === 'refuses') return answer(401, { error: 'who' })(request)
    const before = byKey.get(key)
    if (before === undefined && next === 'declines') {
      byKey.set(key, answer(402, { error: 'declined' }, { 'idempotent-replayed': 'true' }))
      return answer(402, { error: 'declined' })(request)
    }
    if (before === undefined) {
      executed.push(key)
      byKey.set(key, answer(201, { charge: executed.length }, { 'idempotent-replayed': 'true' }))
    }
    return (next === 'loses' ? reset : (before ?? answer(201, { charge: executed.length })))(request)
  }
  return { reply, executed }
}

/** Whether what an SDK was told is so, after so many executions. */
function isTrue(told: string, executedCount: number): boolean {
  if (told.startsWith('201')) return told === '201 {"charge":1}' && executedCount === 1
  if (/^4|^not-executed/.test(told)) return executedCount === 0
  return told === 'unknown' || told === 'left'
}

test('what the SDK is told is true, and nothing is executed twice', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fate, { minLength: 1, maxLength: 12 }),
      fc.array(call, { minLength: 1, maxLength: 6 }),
      async (fates, calls) => {
        const world = bench({ profile: stripe, retry: { attempts: 3 } })
        const { clock, server } = world
        const { reply, executed } = serverOf(fates)
        server.always(reply)
        const processes = [world, world.another({ profile: stripe, retry: { attempts: 3 } })].map(
          ({ client }) => client.fetch(OPTIONS),
        )
        for (const { process, pauseMs, leavesAfterMs, isTwice } of calls) {
          await clock.advance(pauseMs)
          const once = processes[process] ?? world.client.fetch(OPTIONS)
          const made = (isTwice ? [0, 1] : [0]).map(async () => {
            const controller = new AbortController()
            if (leavesAfterMs !== undefined)
              clock.after(leavesAfterMs, () => controller.abort(new Error('left')))
            try {
              const response = await once('https://shop.test/api/charges', {
                method: 'POST',
                headers: { 'idempotency-key': 'order-42' },
                body: 'amount=990',
                signal: controller.signal,
              })
              return `${response.status} ${await response.text()}`
            } catch (error) {
              return operationErrorOf(error)?.outcome ?? 'left'
            }
          })
          const told = await clock.until(Promise.all(made))
          expect(told.filter(each => !isTrue(each, executed.length))).toEqual([])
        }
        // Those whom the SDK left go on.
        await clock.advance(300_000)
        expect(executed.length).toBeLessThanOrEqual(1)
        const keys = new Set(server.requests.map(({ key }) => key))
        for (const key of keys)
          expect(key).toMatch(/^(?:order-42|[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[\da-f]{4}-[\da-f]{12})$/)
      },
    ),
    { numRuns: 40 },
  )
})
