import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Client } from '../../src/client/client.ts'
import type { OperationDefinition } from '../../src/client/definition.ts'
import type { WhoseOptions } from '../../src/client/stored/call-arguments.ts'
import { createClient } from '../../src/entries/index.ts'
import { ietf } from '../../src/profiles/ietf.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { fetchTransport } from '../../src/transports/fetch.ts'
import type { Cart, OrderData, TrialClient } from './bench/bench.ts'
import { BASE, bench, cart, ending, orderDefinition } from './bench/bench.ts'
import { answer, reset } from './bench/scripted-server.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

const definition: OperationDefinition<Cart, OrderData> = {
  ...orderDefinition,
  status: { request: ({ key }) => ({ url: `orders/by-key/${key}` }) },
}

/** One lost answer each, of two customers; the process has gone, and another one has the definition from somebody else. */
async function twoCustomers(changes: Partial<OperationDefinition<Cart, OrderData>> = {}) {
  const world = bench({ retry: { attempts: 1 }, deadline: 100, scope: 'service' })
  for (const customer of ['anna', 'bert']) {
    world.server.script(reset)
    const order = world.client.withScope(customer).operation({ ...definition, ...changes, redefine: true })
    await world.clock.until(ending(order.run(cart)))
    await world.clock.advance(1_000)
  }
  const later = world.another({ scope: 'service' })
  later.client.withScope('carl').operation({ ...definition, ...changes })
  return { ...world, later }
}

describe('all scopes', () => {
  test('pending lists the open operations of all, oldest first, with their scope', async () => {
    const { later, clock } = await twoCustomers()

    expect(await clock.until(later.client.pending())).toEqual([])
    expect(await clock.until(later.client.pending({ scope: 'all' }))).toMatchObject([
      { scope: 'anna', id: 'cart-42', outcome: 'unknown' },
      { scope: 'bert', id: 'cart-42', outcome: 'unknown' },
    ])
  })

  test('what it lists can be settled, as the client of its own scope', async () => {
    const { later, clock, server } = await twoCustomers()
    const [, ofBert] = await clock.until(later.client.pending({ scope: 'all' }))
    server.script(answer(200, { order: 9 }))

    expect(await clock.until(ofBert!.settle())).toMatchObject({ outcome: 'executed' })
    expect(await clock.until(later.client.pending({ scope: 'all' }))).toMatchObject([{ scope: 'anna' }])
  })

  test('resume asks for each', async () => {
    const { later, clock, server } = await twoCustomers()
    server.always(answer(200, { order: 9 }))

    expect(await clock.until(later.client.resume({ scope: 'all' }))).toMatchObject([
      { scope: 'anna', id: 'cart-42', outcome: 'executed' },
      { scope: 'bert', id: 'cart-42', outcome: 'executed' },
    ])
  })

  test('resume sends for each what is stored', async () => {
    const { later, clock, server } = await twoCustomers({ persist: 'request' })
    server.always(answer(201, { order: 9 }))
    const resumed = await clock.until(later.client.resume({ scope: 'all', send: true }))

    expect(resumed.map(({ scope, outcome }) => [scope, outcome])).toEqual([
      ['anna', 'executed'],
      ['bert', 'executed'],
    ])
    expect(server.requests.map(({ method, key }) => [method, key])).toEqual([
      ['POST', 'key-1'],
      ['POST', 'key-2'],
      ['POST', 'key-1'],
      ['POST', 'key-2'],
    ])
  })

  test("a scope that is called 'all' is one of them", async () => {
    const { client, clock, server } = bench({ retry: { attempts: 1 }, deadline: 100 })
    for (const scope of ['all', 'some']) {
      server.script(reset)
      await clock.until(
        ending(
          client
            .withScope(scope)
            .operation({ ...definition, redefine: true })
            .run(cart),
        ),
      )
    }

    expect(await clock.until(client.withScope('all').pending())).toMatchObject([{ scope: 'all' }])
    expect(await clock.until(client.pending({ scope: 'all' }))).toHaveLength(2)
  })

  test.each(['user-7', '', null, true])('%j is not whose', async scope => {
    const { client, clock } = bench()
    const options = { scope } as unknown as WhoseOptions

    for (const call of [() => client.pending(options), () => client.resume(options)])
      expect((await clock.until(ending<unknown>(call()))).error).toMatchObject({ code: 'configuration' })
  })

  test('a page acts for nobody but who is logged in', async () => {
    const { client, clock } = bench()
    vi.stubGlobal('document', {})
    const all = (method: 'pending' | 'resume') => ending<unknown>(client[method]({ scope: 'all' }))

    expect((await clock.until(all('pending'))).error?.message).toContain(
      "pending.scope: 'all' is for services",
    )
    expect((await clock.until(all('resume'))).error).toMatchObject({ code: 'configuration' })
  })
})

describe('each customer’s own credential', () => {
  const byScope = (world: ReturnType<typeof bench>): TrialClient & { readonly asked: string[] } => {
    const asked: string[] = []
    const around = () => (scope: string) => {
      asked.push(scope)
      return fetchTransport({
        baseUrl: BASE,
        headers: { authorization: `Bearer ${scope}` },
        fetch: (input, init) => world.server.fetch(input, init),
      })
    }
    const account = (scope: string) => `account-of-${scope}`
    const once = { retry: { attempts: 1 }, deadline: 100 }
    return { ...world.another({ ...once, scope: 'service', account, around }), asked }
  }
  const press = async (world: ReturnType<typeof bench>, client: Client, customer: string) => {
    const order = client.withScope(customer).operation({ ...definition, persist: 'request', redefine: true })
    await world.clock.until(ending(order.run(cart)))
  }

  test('a send, an ask and a resume of all go out with it, and each has its account', async () => {
    const world = bench({ retry: { attempts: 1 }, deadline: 100 })
    const { client, asked } = byScope(world)
    world.server.script(reset, reset)
    for (const customer of ['anna', 'bert']) await press(world, client, customer)
    const sent = world.server.requests.length
    world.server.always(answer(200, { order: 9 }))
    await world.clock.until(client.resume({ scope: 'all' }))

    expect(world.server.requests.slice(sent).map(({ method }) => method)).toEqual(['GET', 'GET'])
    const owners = await world.records()
    expect(world.server.requests.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer anna',
      'Bearer bert',
      'Bearer anna',
      'Bearer bert',
    ])
    expect(owners.map(({ target }) => (target as { account: string }).account)).toEqual([
      'account-of-anna',
      'account-of-bert',
    ])
    expect(asked).toEqual(['anna', 'bert'])
  })

  test('a cancel goes out with it too', async () => {
    const world = bench()
    const { client } = byScope(world)
    const cancel = {
      request: ({ key }: { readonly key: string }) => ({ method: 'delete', url: `orders/by-key/${key}` }),
      read: () => ({ sealed: true }) as const,
    }
    const order = client.withScope('anna').operation({ ...definition, cancel })
    world.server.script(reset)
    await world.clock.until(ending(order.run(cart)))
    world.server.always(answer(200, {}))

    expect(await world.clock.until(order.cancel(cart))).toMatchObject({
      outcome: 'not-executed',
      error: { code: 'sealed' },
    })
    expect(world.server.requests.at(-1)).toMatchObject({
      method: 'DELETE',
      headers: { authorization: 'Bearer anna' },
    })
  })

  test('a thousand are kept, those used last', async () => {
    const world = bench()
    const { client, asked } = byScope(world)
    world.server.always(answer(201, { order: 9 }))
    const customers = Array.from({ length: 1_001 }, (_, customer) => `customer-${customer}`)
    await Promise.all(customers.map(customer => press(world, client, customer)))
    const before = asked.length
    await press(world, client, 'customer-1000')
    await press(world, client, 'customer-0')

    expect(asked.slice(before)).toEqual(['customer-0'])
  })

  test('what cannot be made is a configuration error of the call, and made anew by the next', async () => {
    const world = bench()
    let isReady = false
    const around = () => () => {
      if (!isReady) throw new Error('no token')
      return fetchTransport({ baseUrl: BASE, fetch: (input, init) => world.server.fetch(input, init) })
    }
    const order = world.another({ around }).placeOrder()
    world.server.always(answer(201, { order: 9 }))

    expect((await world.clock.until(ending(order.run(cart)))).error).toMatchObject({ code: 'configuration' })
    expect(world.server.requests).toHaveLength(0)
    isReady = true
    expect(await world.clock.until(order.run(cart))).toEqual({ order: 9 })
  })

  test('`http` gives ky options by scope', async () => {
    const seen: (string | null)[] = []
    const client = createClient({
      http: scope => ({
        baseUrl: BASE,
        headers: { 'x-customer': scope },
        fetch: async (_input, init) => {
          seen.push(new Headers(init?.headers).get('x-customer'))
          return Response.json({ order: 9 }, { status: 201 })
        },
      }),
      store: memoryStore(),
      scope: 'service',
      profile: ietf,
    })
    for (const customer of ['anna', 'bert'])
      expect(await client.withScope(customer).operation(definition).run(cart)).toEqual({ order: 9 })

    expect(seen).toEqual(['anna', 'bert'])
    await client.close()
  })
})
