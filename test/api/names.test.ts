import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { bench, ending } from './bench/bench.ts'
import { answer, held, reset } from './bench/scripted-server.ts'

/** An operation of which the id is whatever the caller gives. */
function named(setup: Parameters<typeof bench>[0] = {}) {
  const world = bench({ retry: { attempts: 1 }, poll: { deadline: 1 }, ...setup })
  world.server.always(reset)
  const pay = world.client.operation<unknown>({
    name: 'pay',
    id: id => id,
    request: () => ({ method: 'post', url: 'charges' }),
  })
  return { ...world, pay }
}

const executed = { outcome: 'executed', data: { charge: 1 } } as const

describe('an id that is no plain data is refused', () => {
  test.each<[string, unknown, string]>([
    ['a part that is undefined', { order: undefined }, 'order is undefined'],
    ['an invalid Date', { due: new Date(Number.NaN) }, 'due is an invalid Date'],
    ['NaN', [Number.NaN], '[0] is NaN'],
    ['a Set', new Set(['a']), 'it is of class Set'],
  ])('%s: nothing is sent and nothing stored', async (_, id, fault) => {
    const { pay, clock, server, records } = named()
    const message = expect.stringContaining(`operation(pay).id: ${fault}`)
    for (const call of [
      () => pay.run(id),
      () => pay.inspect(id),
      () => pay.cancel(id),
      () => pay.forget(id),
      () => pay.byId(id).inspect(),
    ]) {
      const { error } = await clock.until(ending<unknown>(call()))
      expect(error).toMatchObject({ code: 'configuration', message })
    }
    expect(() => pay.identify(id)).toThrow(expect.objectContaining({ code: 'configuration' }))
    expect(server.requests).toHaveLength(0)
    expect(await records()).toEqual([])
  })

  test('a Date and its ISO text are one operation, so that a webhook finds it', async () => {
    const { pay, clock } = named()
    await clock.until(ending(pay.run({ due: new Date(0) })))

    const found = await clock.until(pay.byId({ due: '1970-01-01T00:00:00.000Z' }).inspect())
    expect(found).toMatchObject({ key: 'key-1', id: { due: '1970-01-01T00:00:00.000Z' } })
  })

  test('what the caller changes later changes no name', async () => {
    const { pay, clock } = named()
    const id = { order: 'A' }
    const run = pay.start(id)
    id.order = 'B'
    await clock.until(run.settled)

    expect(run.id).toEqual({ order: 'A' })
    expect(await clock.until(pay.byId({ order: 'A' }).inspect())).toMatchObject({ key: 'key-1' })
  })
})

describe('byId with the text of a number', () => {
  test('finds the operation of the number, where only that one is stored', async () => {
    const { pay, clock, record } = named()
    await clock.until(ending(pay.run(42)))

    expect(await clock.until(pay.byId('42').inspect())).toMatchObject({ id: 42, key: 'key-1' })
    await clock.until(pay.byId('42').conclude(executed))
    expect(await record()).toMatchObject({ id: 42, state: 'succeeded' })
    await clock.until(pay.byId('42').forget())
    expect(await record()).toMatchObject({ id: 42, failure: { code: 'forgotten' } })
  })

  test.each(['042', '42.0', ' 42', '4.2e1', '+42', '0x2a'])(
    'only where it is written so: not %s',
    async text => {
      const { pay, clock } = named()
      await clock.until(ending(pay.run(42)))

      expect(await clock.until(pay.byId(text).inspect())).toBeUndefined()
    },
  )

  test.each<[string, unknown]>([
    ['-1', -1],
    ['1.5', 1.5],
    ['0', 0],
    ['9007199254740991', 2 ** 53 - 1],
    ['1e-7', 1e-7],
  ])('%s', async (text, id) => {
    const { pay, clock } = named()
    await clock.until(ending(pay.run(id)))

    expect(await clock.until(pay.byId(text).inspect())).toMatchObject({ id })
  })

  test('finds its own operation, where only that one is stored', async () => {
    const { pay, clock } = named()
    await clock.until(ending(pay.run('42')))

    expect(await clock.until(pay.byId('42').inspect())).toMatchObject({ id: '42' })
    expect(await clock.until(pay.byId(42).inspect())).toBeUndefined()
  })

  test('finds a number that was begun by another process while this one was paused', async () => {
    const { pay, clock, server, another } = named()
    server.always(answer(201, { charge: 1 }))
    const paused = another()
    const asked = paused.client.operation<unknown>({
      name: 'pay',
      id: id => id,
      request: () => ({ method: 'post', url: 'charges' }),
    })
    paused.runner.freezeAt('after-get', 2)
    const settled = asked.byId('42').settle()
    await clock.settle()
    expect(paused.runner.isFrozen()).toBe(true)
    await clock.until(pay.run(42))
    await clock.advance(5_000)

    await paused.runner.thaw()

    expect(await clock.until(settled)).toMatchObject({ outcome: 'executed', data: { charge: 1 } })
  })

  test('refuses where both are: nothing is changed', async () => {
    const { pay, clock, records } = named()
    await clock.until(ending(pay.run('42')))
    await clock.until(ending(pay.run(42)))
    const before = await records()
    const byText = pay.byId('42')
    const message = expect.stringContaining(
      'operation(pay).byId: there is an operation of the text and one of',
    )

    for (const call of [
      () => byText.inspect(),
      () => byText.conclude(executed),
      () => byText.forget({ force: true }),
      () => byText.resume(),
    ]) {
      const { error } = await clock.until(ending<unknown>(call()))
      expect(error).toMatchObject({ code: 'configuration', outcome: 'unknown', message })
    }
    expect(await clock.until(byText.settle())).toMatchObject({
      outcome: 'unknown',
      error: { code: 'configuration' },
    })
    expect(await records()).toEqual(before)
    expect(await clock.until(pay.byId(42).inspect())).toMatchObject({ id: 42 })
  })

  test('finds a run that has stored nothing yet', async () => {
    const { pay, clock, server } = named()
    const first = held()
    server.always(first.reply)
    const run = pay.start(42)
    await clock.until(pay.byId('42').forget({ force: true }))

    expect(await clock.until(run.settled)).toMatchObject({ error: { code: 'forgotten' } })
  })

  test('what was forgotten is found where nothing else is', async () => {
    const { pay, clock, record } = named()
    await clock.until(ending(pay.run(42)))
    await clock.until(pay.forget(42, { force: true }))
    await clock.until(pay.byId('42').conclude({ ...executed, begin: true }))

    expect(await record()).toMatchObject({ id: 42, generation: 2, state: 'succeeded' })
  })

  test('a store that cannot be read decides nothing', async () => {
    const { pay, store, clock } = named()
    store.get = () => Promise.reject(new Error('locked'))

    expect((await clock.until(ending(pay.byId('42').conclude(executed)))).error).toMatchObject({
      code: 'store-failed',
    })
  })

  test('seals nothing where neither is stored: a seal of the text would not stop the number', async () => {
    const { pay, clock, records } = named()

    expect((await clock.until(ending(pay.byId('42').cancel()))).error).toMatchObject({
      code: 'configuration',
      outcome: 'unknown',
      message: expect.stringContaining('nothing is stored of the text nor of the number 42'),
    })
    expect(await records()).toEqual([])
  })

  test('a record that cannot be understood is one', async () => {
    const { pay, clock, overwrite, records } = named()
    await clock.until(ending(pay.run(42)))
    await overwrite('{"v":1}')

    expect((await clock.until(ending(pay.byId('42').inspect()))).error).toMatchObject({
      code: 'store-corrupt',
    })
    await clock.until(pay.byId('42').forget({ force: true }))
    expect(await records()).toEqual([])
  })
})

describe('a scope that names nobody is refused wherever it comes in', () => {
  const nobody = [
    ' ',
    '\u200b',
    'undefined',
    'null',
    '[object Object]',
    'acme:undefined',
    'null/anna',
    'x|null',
  ]

  test.each(nobody)('as the option: %j', scope => {
    expect(() => bench({ scope })).toThrow(expect.objectContaining({ code: 'configuration' }))
  })

  test.each(nobody)('as withScope: %j', scope => {
    const { client } = bench()
    expect(() => client.withScope(scope)).toThrow(expect.objectContaining({ code: 'configuration' }))
  })

  test.each<[string, unknown, string]>([
    ...nobody.map(text => [JSON.stringify(text), text, 'scope: must'] as [string, unknown, string]),
    ['undefined itself', undefined, 'scope: must be a string'],
    ['a promise', Promise.resolve('anna'), 'scope: must be synchronous: it gave a promise'],
    // oxlint-disable-next-line unicorn/no-thenable -- promises of other libraries are such objects
    ['a thenable', { then: () => {} }, 'scope: must be synchronous'],
  ])('as what a function gives: %s', async (_, given, message) => {
    const { pay, client, clock, server, records } = named({ scope: () => given as string })
    for (const call of [
      () => pay.run('a'),
      () => pay.inspect('a'),
      () => client.pending(),
      () => client.resume(),
      () => client.clear(),
    ]) {
      const { error } = await clock.until(ending<unknown>(call()))
      expect(error).toMatchObject({ code: 'configuration', message: expect.stringContaining(message) })
    }
    expect(server.requests).toHaveLength(0)
    expect(await records()).toEqual([])
  })

  test('in mid-run it is another user', async () => {
    let user = 'anna'
    const { pay, clock, server } = named({ scope: () => user, retry: { attempts: 2 } })
    server.script(request => {
      user = 'undefined'
      return reset(request)
    })
    const { error } = await clock.until(ending(pay.run('a')))

    expect(error).toMatchObject({ code: 'scope-changed' })
    expect(server.requests).toHaveLength(1)
  })
})

test('forget by force drops a record that the codec cannot open', async () => {
  let secret = 'a'
  const codec = {
    encrypt: (text: string) => `${secret}:${text}`,
    decrypt(sealed: string) {
      if (!sealed.startsWith(`${secret}:`)) throw new Error('another secret')
      return sealed.slice(secret.length + 1)
    },
  }
  const { pay, clock, server } = named({ store: memoryStore({ codec, now: () => 1_800_000_000_000 }) })
  server.always(answer(201, { charge: 1 }))
  await clock.until(pay.run('a'))
  secret = 'b'

  expect((await clock.until(ending(pay.forget('a')))).error).toMatchObject({ code: 'store-corrupt' })
  expect((await clock.until(ending(pay.forget('a', { force: true, key: 'key-1' })))).error).toMatchObject({
    code: 'store-corrupt',
  })
  await clock.until(pay.forget('a', { force: true }))
  await clock.until(pay.run('a'))
  expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-2'])
})

describe('an id that is an object stays what it was', () => {
  const spoiling = (id: unknown) => Object.assign(id as object, { number: 9 })

  test('whoever gets it from the call', async () => {
    const { client, clock, server, records } = bench({ retry: { attempts: 1 } })
    server.script(reset, answer(201, { charge: 1 }))
    const pay = client.operation<{ shop: string; number: number }>({
      name: 'pay',
      id: id => id,
      request: () => ({ method: 'post', url: 'charges' }),
      key: ({ id, generation }) => {
        expect(() => spoiling(id)).toThrow(TypeError)
        return `key-${generation}`
      },
    })
    const run = pay.start({ shop: 'a', number: 1 })
    expect(() => spoiling(run.id)).toThrow(TypeError)
    expect(() => spoiling(run.snapshot.id)).toThrow(TypeError)
    await clock.until(run.settled)

    expect(await clock.until(pay.run({ shop: 'a', number: 1 }))).toEqual({ charge: 1 })
    expect(await records()).toMatchObject([{ id: { shop: 'a', number: 1 }, key: 'key-1' }])
  })

  test('whoever gets it from the store, at any depth', async () => {
    const { client, clock, server } = bench({ retry: { attempts: 1 } })
    server.always(reset)
    const pay = client.operation<{ at: readonly { shop: string }[] }>({
      name: 'pay',
      id: id => id,
      request: () => ({ method: 'post', url: 'charges' }),
    })
    await clock.until(pay.start({ at: [{ shop: 'a' }] }).settled)
    const [open] = await clock.until(client.pending())
    const { at } = open!.id as { at: { shop: string }[] }

    expect(() => spoiling(at[0])).toThrow(TypeError)
    expect(() => at.pop()).toThrow(TypeError)
    expect(await clock.until(open!.settle())).toMatchObject({ outcome: 'unknown' })
    expect(await clock.until(pay.inspect({ at: [{ shop: 'a' }] }))).toMatchObject({ state: 'pending' })
  })
})
