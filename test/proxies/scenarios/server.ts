import { createClient, keyPath, memoryStore, stillonce } from '../../../src/entries/index.ts'
import type { Asked, KeyedShop } from '../keyed-shop.ts'
import type { ServerScenario } from '../server-scenario.ts'

const TEA = '{"item":"tea"}'

function post(key: string, body = TEA): Asked {
  return { body, headers: ['idempotency-key', key] }
}

function keyUrl(method: 'GET' | 'DELETE', segment: string, prefix = ''): Asked {
  return { method, path: `${prefix}/orders/by-key/${segment}` }
}

async function inTurn({ ask }: KeyedShop, steps: readonly Asked[]): Promise<readonly string[]> {
  const told: string[] = []
  for (const step of steps) told.push((await ask(step)).short)
  return told
}

/** The same request while the first is at work, the URL that it names, and that URL when the first has ended. */
async function whileAtWork(shop: KeyedShop, prefix = ''): Promise<readonly string[]> {
  const { promise, resolve } = deferred()
  const path = `${prefix}/orders`
  const came = shop.holdNext(promise)
  const first = shop.ask({ ...post('cart-1'), path })
  await came
  const second = await shop.ask({ ...post('cart-1'), path })
  const { location = 'none', 'retry-after': retryAfter = 'none' } = second.headers
  const during = await shop.ask({ method: 'GET', path: location })
  resolve()
  const { short } = await first
  const after = await shop.ask({ method: 'GET', path: location })
  return [`${second.short}, Retry-After ${retryAfter}, ${location}`, during.short, short, after.short]
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>(kept => {
    resolve = kept
  })
  return { promise, resolve }
}

/** A client that gives its only attempt up, which is still on its way, and cancels. Then that attempt arrives. */
async function cancelled(shop: KeyedShop, segment: (key: string) => string): Promise<readonly string[]> {
  const client = createClient({
    http: { baseUrl: shop.baseUrl },
    store: memoryStore(),
    scope: 'anna',
    profile: stillonce,
    deadline: 10_000,
    retry: { attempts: 1 },
    poll: { interval: { min: 20, max: 40 } },
  })
  const place = client.operation({
    name: 'place',
    id: (cart: { readonly id: string; readonly item: string }) => cart.id,
    key: () => 'batch/7',
    request: ({ item }) => ({ method: 'post', url: 'orders', json: { item } }),
    status: { request: ({ key }) => ({ url: `orders/by-key/${segment(key)}` }) },
    cancel: { request: ({ key }) => ({ method: 'delete', url: `orders/by-key/${segment(key)}` }) },
  })
  const cart = { id: 'cart-1', item: 'tea' }
  const { promise, resolve } = deferred()
  const leaving = new AbortController()
  const came = shop.shutDoor(promise)
  const run = place.start(cart, { signal: leaving.signal })
  const early = await Promise.race([came, run.settled])
  if (early !== undefined) throw new Error(`It ended before it was sent: ${String(early.error?.message)}`)
  leaving.abort()
  await run.settled
  const end = await place.cancel(cart)
  resolve()
  await client.close()
  const again = await shop.ask(post('batch/7'))
  const other = await shop.ask(post('7'))
  return [`cancel: ${end.outcome}, ${end.error?.code}`, `batch/7: ${again.short}`, `7: ${other.short}`]
}

export const SERVER: readonly ServerScenario[] = [
  {
    name: 'the same twice, raw and quoted, is given again',
    run: shop => inTurn(shop, [post('cart-1'), post('cart-1'), post('"cart-1"')]),
  },
  {
    name: 'another payload under the key is refused',
    run: shop => inTurn(shop, [post('cart-1'), post('cart-1', '{"item":"coffee"}')]),
  },
  {
    name: 'the same while the first is at work: 409 with Retry-After and a URL that can be asked',
    run: shop => whileAtWork(shop),
  },
  {
    name: 'behind a prefix that the proxy takes off, with `prefix`',
    settings: 'prefix',
    options: { prefix: '/api' },
    run: shop => whileAtWork(shop, '/api'),
  },
  {
    name: 'behind a prefix that the proxy takes off, without `prefix`',
    settings: 'prefix',
    run: shop => whileAtWork(shop, '/api'),
  },
  {
    name: 'a key that was sealed is refused',
    run: shop => inTurn(shop, [keyUrl('DELETE', 'cart-1'), post('cart-1'), keyUrl('GET', 'cart-1')]),
  },
  {
    name: 'an answer that is lost is given again',
    run: async shop => {
      shop.loseNext()
      const lost = await shop.ask(post('cart-1'))
      return [lost.short, (await shop.ask(post('cart-1'))).short]
    },
  },
  {
    name: 'half of a request executes nothing',
    run: async shop => {
      await shop.leaveHalfway('cart-1')
      return [(await shop.ask(post('cart-1'))).short]
    },
  },
  {
    name: 'two keys are none',
    run: shop =>
      inTurn(shop, [{ body: TEA, headers: ['idempotency-key', 'cart-1', 'idempotency-key', 'cart-2'] }]),
  },
  ...(['plain', 'underscores'] as const).map((settings): ServerScenario => ({
    name: `a header with an underscore, settings: ${settings}`,
    settings,
    options: { header: 'Idempotency_Key' },
    run: shop => inTurn(shop, [{ body: TEA, headers: ['idempotency_key', 'cart-1'] }]),
  })),
  {
    name: 'a key of 255 characters, and one of 9,000 where the server takes so long ones',
    options: { maxKeyLength: 10_000 },
    run: shop => inTurn(shop, [post('k'.repeat(255)), post('k'.repeat(9_000))]),
  },
  ...(['plain', 'decoding'] as const).flatMap((settings): readonly ServerScenario[] => [
    {
      name: `a key with a slash, by keyPath, settings: ${settings}`,
      settings,
      run: shop => cancelled(shop, keyPath),
    },
    {
      name: `a key with a slash, by encodeURIComponent, settings: ${settings}`,
      settings,
      run: shop => cancelled(shop, encodeURIComponent),
    },
  ]),
]
