import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RUNTIMES, startRuntime, type RunningRuntime } from './harness/runtimes.ts'

/* `stillonce/server` behind Bun.serve, Deno.serve and the fetch handler of a worker. */

describe.each(RUNTIMES)('%s', name => {
  let runtime: RunningRuntime
  beforeAll(async () => {
    runtime = await startRuntime(name, { origin: 'http://127.0.0.1:1' })
  })
  afterAll(() => runtime?.kill())

  const post = (key: string | undefined, body: object) =>
    fetch(`${runtime.origin}/once/pay`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
      body: JSON.stringify(body),
    })
  const code = async (answer: Response) => ((await answer.json()) as { readonly code?: string }).code

  test('executes once under a key, and gives the answer again', async () => {
    const before = Number(await runtime.ask('effects'))
    const first = await post('twice', { amount: 1 })
    const again = await post('twice', { amount: 1 })
    expect([first.status, first.headers.get('idempotent-replayed')]).toEqual([201, null])
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 'true'])
    expect(await again.json()).toEqual(await first.json())
    expect(await runtime.ask('effects')).toBe(before + 1)
  })

  test('executes once what comes ten times at once', async () => {
    const before = Number(await runtime.ask('effects'))
    const answers = await Promise.all(Array.from({ length: 10 }, () => post('at-once', { amount: 2 })))
    const statuses = new Set(answers.map(({ status }) => status))
    expect(statuses).toEqual(new Set([201, 409]))
    expect(await runtime.ask('effects')).toBe(before + 1)
  })

  test('refuses a request without a key, and another payload under one', async () => {
    expect(await code(await post(undefined, { amount: 3 }))).toBe('key-missing')
    expect((await post('changed', { amount: 3 })).status).toBe(201)
    const changed = await post('changed', { amount: 4 })
    expect([changed.status, await code(changed)]).toEqual([422, 'payload-mismatch'])
  })

  test('says what became of a key, and seals one that was never used', async () => {
    await post('asked', { amount: 5 })
    const status = await fetch(`${runtime.origin}/once/pay/by-key/asked`)
    expect(await status.json()).toMatchObject({ status: 'succeeded' })
    const sealed = await fetch(`${runtime.origin}/once/pay/by-key/sealed`, { method: 'DELETE' })
    expect(await sealed.json()).toEqual({ status: 'canceled' })
    expect((await post('sealed', { amount: 6 })).status).toBeGreaterThanOrEqual(400)
  })
})
