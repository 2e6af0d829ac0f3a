import { afterEach, describe, expect, test, vi } from 'vitest'
import { createClient as createPlainClient } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { createClient, ietf, memoryStore } from '../../src/entries/index.ts'

/* A base URL as pages write it, in a client that a server makes too, while it builds or renders the page. */

afterEach(() => vi.unstubAllGlobals())

const shared = () => ({ store: memoryStore(), scope: 'anna', profile: ietf })

/** What each http layer sends goes into `sent`. */
function clients(sent: string[]) {
  const fetch = async (request: RequestInfo | URL) => {
    sent.push(request instanceof Request ? request.url : String(request))
    return Response.json({ order: 1 }, { headers: { 'content-length': '11' } })
  }
  return [
    ['ky', 'http.baseUrl', () => createClient({ ...shared(), http: { baseUrl: '/api/', fetch } })],
    [
      'plain fetch',
      'fetchTransport.baseUrl',
      () => createPlainClient({ ...shared(), transport: fetchTransport({ baseUrl: '/api/', fetch }) }),
    ],
  ] as const
}

const definition = {
  name: 'pay',
  id: (cart: { id: string }) => cart.id,
  request: (cart: { id: string }) => ({ method: 'post', url: 'orders', json: cart }),
}

describe.each(clients([]).map(([name]) => name))('%s', name => {
  const made = (sent: string[]) => clients(sent).find(([own]) => own === name)!

  test('takes it where there is no page, and says at the call that there is none', async () => {
    const sent: string[] = []
    const [, path, create] = made(sent)
    const end = await create().operation(definition).start({ id: 'cart-1' }).settled
    expect(end).toMatchObject({
      outcome: 'not-executed',
      error: {
        code: 'configuration',
        message: `${path}: is relative, and there is no page here that it begins at: give the whole URL`,
      },
    })
    expect(sent).toEqual([])
  })

  test('resolves it by the page of the call', async () => {
    const sent: string[] = []
    const pay = made(sent)[2]().operation(definition)
    vi.stubGlobal('location', new URL('https://shop.example/checkout'))
    expect(await pay.start({ id: 'cart-1' }).settled).toMatchObject({ outcome: 'executed' })
    expect(sent).toEqual(['https://shop.example/api/orders'])
  })
})

test.each(['http://', 'https://:80/'])(
  'what no page could resolve is told where it is given: %s',
  baseUrl => {
    const mistake = expect.objectContaining({ code: 'configuration' })
    expect(() => fetchTransport({ baseUrl })).toThrow(mistake)
    expect(() => createClient({ ...shared(), http: { baseUrl } })).toThrow(mistake)
  },
)

test.each(['https://user:secret@shop.test/', 'https://user@shop.test/', '//user:secret@shop.test/'])(
  'a base URL with a user, %s, is refused where the client is made',
  baseUrl => {
    const why = 'baseUrl: holds a user or password, which fetch refuses: give a header'
    expect(() => createClient({ ...shared(), http: { baseUrl } })).toThrow(`http.${why}`)
    expect(() => fetchTransport({ baseUrl })).toThrow(`fetchTransport.${why}`)
  },
)
