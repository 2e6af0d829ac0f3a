import { describe, expect, test } from 'vitest'
import type { Execution } from '../../src/server/execution.ts'
import { serverRecordKey } from '../../src/server/core/key-header.ts'
import { NotExecuted } from '../../src/entries/server.ts'
import { atKey, heldHandler, listed, post, shop, told, trialServer } from './trial-server.ts'

/** A process that stops before it does anything more: its timers, too, belong to nobody who is alive. */
async function holdAndDie(resumable: boolean) {
  const trial = trialServer()
  const { clock, process, store } = trial
  const held = heldHandler()
  const old = process({ resumable, lease: 30_000 })
  const answer = told(old.handle(post('k1'), held.handler))
  await clock.settle()
  // Frozen: not even its renewals reach the store, until it thaws.
  store.down(true)
  await clock.advance(30_000)
  store.down(false)
  return { ...trial, answer, run: held.runs[0]! }
}

describe('a claim whose holder died', () => {
  test('stays unknown after its lease, in answers and in the status, until somebody concludes', async () => {
    const { process, store } = await holdAndDie(false)
    const { handler, orders } = shop()
    // Its renewals would reach the store again.
    store.down(true)
    store.down(false)
    const once = process({ lease: 30_000 })

    expect(await told(once.handle(post('k1'), handler))).toMatchObject({
      status: 500,
      code: 'outcome-unknown',
      replayed: true,
    })
    expect(await told(once.status(atKey('k1')))).toMatchObject({ status: 409, code: 'outcome-unknown' })
    expect(await told(once.seal(atKey('k1', 'DELETE')))).toMatchObject({ code: 'outcome-unknown' })
    expect(orders).toEqual([])

    const keys = await listed(once.unresolved('shop'))
    expect(keys.map(({ key }) => key)).toEqual(['k1'])
    await once.conclude('k1', {
      scope: 'shop',
      outcome: 'executed',
      response: Response.json({ order: 1 }, { status: 201 }),
    })
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({
      status: 201,
      body: { order: 1 },
      replayed: true,
    })
    expect(orders).toEqual([])
  })

  test('is taken over where it is resumable, and the late completion of the old holder is refused', async () => {
    const { process, clock, answer, run, events } = await holdAndDie(true)
    const fences: number[] = []
    const handler = (_: Request, { fence }: Execution) => {
      fences.push(fence)
      return Response.json({ by: 'new' }, { status: 201 })
    }
    const once = process({ resumable: true })

    expect(await told(once.handle(post('k1'), handler))).toMatchObject({
      status: 201,
      body: { by: 'new' },
      replayed: false,
    })
    run.answer(Response.json({ by: 'old' }, { status: 201 }))
    expect(await told(clock.until(answer.then(() => new Response())))).toBeDefined()
    expect(await answer).toMatchObject({ status: 201, body: { by: 'new' }, replayed: true })
    expect(fences).toEqual([2])
    expect(events.filter(type => type === 'completed')).toHaveLength(1)
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ body: { by: 'new' } })
  })

  test.each<[string, () => Response]>([
    ['refuses', () => Response.json({ code: 'declined' }, { status: 402 })],
    [
      'says that nothing happened',
      () => {
        throw new NotExecuted('sold out')
      },
    ],
    [
      'says so with an answer for clients',
      () => {
        throw new NotExecuted('sold out', { response: Response.json({}, { status: 409 }) })
      },
    ],
  ])(
    'is taken over by a run that %s: that is no word on the key, because the old one may execute yet',
    async (_, handler) => {
      const { process } = await holdAndDie(true)
      const once = process({ resumable: true })

      expect(await told(once.handle(post('k1'), handler))).toMatchObject({
        status: 500,
        code: 'outcome-unknown',
      })
      expect(await told(once.status(atKey('k1')))).toMatchObject({ status: 409, code: 'outcome-unknown' })
    },
  )

  test('that ends behind the claim of another has its end written where that claim is taken back', async () => {
    const { process, clock, store, answer, run } = await holdAndDie(true)
    const place = serverRecordKey('shop', 'k1')
    const before = await store.get(place)
    const other = heldHandler()
    void told(process({ resumable: true }).handle(post('k1'), other.handler))
    await clock.settle()
    run.answer(Response.json({ by: 'old' }, { status: 201 }))
    await clock.advance(1_000)
    expect(await answer).toMatchObject({ status: 409, code: 'in-progress' })

    // As the writer of a claim does that was told that it had failed.
    const { version } = (await store.get(place)) ?? { version: null }
    await store.set(place, before?.value ?? '', { expected: version, open: true })
    await clock.advance(10_000)
    expect(await told(process().status(atKey('k1')))).toMatchObject({
      status: 200,
      body: { status: 'succeeded', result: { by: 'old' } },
    })
  })

  test('that thaws while the new one is at work is told that it is in progress', async () => {
    const { process, clock, answer, run } = await holdAndDie(true)
    const { handler, runs } = heldHandler()
    const next = told(process({ resumable: true }).handle(post('k1'), handler))
    await clock.settle()
    run.answer(Response.json({ by: 'old' }, { status: 201 }))
    await clock.settle()

    expect(await answer).toMatchObject({ status: 409, code: 'in-progress' })
    runs[0]!.answer(Response.json({ by: 'new' }))
    expect(await next).toMatchObject({ status: 200, body: { by: 'new' } })
  })

  test('that fails late does not disturb what the new one did', async () => {
    const { process, clock, answer, run } = await holdAndDie(true)
    const once = process({ resumable: true })
    await once.handle(post('k1'), () => new Response('new', { status: 201 }))
    run.fail(new Error('the connection to the database is gone'))
    await clock.settle()

    expect(await answer).toMatchObject({ status: 201, body: 'new', replayed: true })
    expect(await told(once.handle(post('k1'), shop().handler))).toMatchObject({ status: 201, body: 'new' })
  })

  test('that thaws before anybody took over completes: its word is better than none', async () => {
    const { process, clock, answer, run } = await holdAndDie(false)
    const once = process()
    expect(await told(once.handle(post('k1'), shop().handler))).toMatchObject({ code: 'outcome-unknown' })

    run.answer(Response.json({ by: 'old' }, { status: 201 }))
    await clock.settle()
    expect(await answer).toMatchObject({ status: 201, body: { by: 'old' }, replayed: false })
    expect(await told(once.handle(post('k1'), shop().handler))).toMatchObject({
      status: 201,
      body: { by: 'old' },
      replayed: true,
    })
  })

  test('that succeeds after somebody concluded the contrary tells its caller the truth, and an alarm goes out', async () => {
    const { process, clock, answer, run, events } = await holdAndDie(false)
    const once = process()
    await once.conclude('k1', { scope: 'shop', outcome: 'not-executed' })
    run.answer(Response.json({ by: 'old' }, { status: 201 }))
    await clock.settle()

    expect(await answer).toMatchObject({ status: 201, body: { by: 'old' } })
    expect(events).toContain('late-success')
  })

  test('one of many takes it over', async () => {
    const { process, clock } = await holdAndDie(true)
    const { handler, runs } = heldHandler()
    const answers = Array.from({ length: 8 }, () =>
      told(process({ resumable: true }).handle(post('k1'), handler)),
    )
    await clock.settle()
    expect(runs).toHaveLength(1)
    runs[0]!.answer(new Response('done', { status: 201 }))
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    expect(statuses.toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409, 409, 409, 409, 409])
  })
})

describe('a holder that is alive', () => {
  test('renews its lease as long as its handler works', async () => {
    const { clock, process } = trialServer()
    const { handler, runs } = heldHandler()
    const first = told(process({ lease: 30_000, resumable: true }).handle(post('k1'), handler))
    await clock.advance(100_000)

    const other = process({ resumable: true })
    expect(await told(other.handle(post('k1'), handler))).toMatchObject({ code: 'in-progress' })
    runs[0]!.answer(new Response('done'))
    expect(await told(clock.until(first.then(() => new Response())))).toBeDefined()
    expect(runs).toHaveLength(1)
  })

  test('survives two renewals that fail', async () => {
    const { clock, process, store } = trialServer()
    const { handler } = heldHandler()
    void process({ lease: 30_000, resumable: true }).handle(post('k1'), handler)
    await clock.settle()
    store.fail('set', 'refused', 'refused', 'refused', 'refused')
    await clock.advance(29_999)
    const other = process({ resumable: true })
    expect(await told(other.handle(post('k1'), handler))).toMatchObject({ code: 'in-progress' })
    await clock.advance(20_000)
    expect(await told(other.handle(post('k1'), handler))).toMatchObject({ code: 'in-progress' })
  })

  test('completes although the reply to a renewal was lost', async () => {
    const { clock, process, store } = trialServer()
    const { handler, runs } = heldHandler()
    const once = process({ lease: 30_000 })
    const answer = told(once.handle(post('k1'), handler))
    await clock.settle()
    store.fail('set', 'lost')
    store.fail('get', 'refused')
    await clock.advance(10_000)
    runs[0]!.answer(new Response('done'))
    await clock.settle()

    expect(await answer).toMatchObject({ status: 200, body: 'done' })
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ body: 'done', replayed: true })
  })

  test('that lost its claim is told by its signal, and can ask whether it still holds', async () => {
    const trial = trialServer()
    const { clock, process, store } = trial
    let execution: Execution | undefined
    void process({ resumable: true }).handle(post('k1'), (_, given) => new Promise(() => (execution = given)))
    await clock.settle()
    expect(await execution!.holds()).toBe(true)
    store.down(true)
    await clock.advance(30_000)
    store.down(false)
    await process({ resumable: true }).handle(post('k1'), () => new Response('new'))

    expect(await execution!.holds()).toBe(false)
    expect(execution!.signal.aborted).toBe(false)
    await clock.advance(10_000)
    expect(execution!.signal.aborted).toBe(true)
  })
})

describe('a handler that hangs', () => {
  test('is not waited for beyond the timeout, and its key is kept', async () => {
    const { clock, process } = trialServer()
    const { handler } = heldHandler()
    let signal: AbortSignal | undefined
    const once = process({ timeout: 60_000 })
    const answer = once.handle(post('k1'), (request, execution) => {
      ;({ signal } = execution)
      return handler(request, execution)
    })

    expect(await told(clock.until(answer))).toMatchObject({ status: 500, code: 'outcome-unknown' })
    expect(clock.elapsed()).toBe(60_000)
    expect(signal?.reason).toMatchObject({ name: 'TimeoutError' })
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ code: 'outcome-unknown' })
    expect(clock.timerCount()).toBe(0)
  })

  test('and ends after all has its success kept', async () => {
    const { clock, process } = trialServer()
    const { handler, runs } = heldHandler()
    const once = process({ timeout: 60_000 })
    await clock.until(once.handle(post('k1'), handler))
    runs[0]!.answer(Response.json({ order: 1 }, { status: 201 }))
    await once.idle()

    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ status: 201, body: { order: 1 } })
  })
})
