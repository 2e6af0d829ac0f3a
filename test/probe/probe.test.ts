import { execFile } from 'node:child_process'
import { once as event } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { probe } from '../../src/probe/command.ts'
import { createClient, memoryStore } from '../../src/entries/core.ts'
import type { Profile } from '../../src/core/answers/profile.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import type { ProbedShop } from './servers.ts'
import {
  crashingShop,
  ignoringShop,
  quotedShop,
  racingShop,
  refusingShop,
  stillonceShop,
  stripeShop,
} from './servers.ts'

type Serve = (request: Request) => Promise<Response>

let keys = 0
const report = (serve: Serve, command: object = {}) =>
  probe(
    { url: 'http://localhost/orders', body: '{"item":"tea"}', ...command },
    async (input, init) => serve(new Request(input, init)),
    () => `key-${(keys += 1)}`,
  )

/** Over the network. */
const probed = (shop: ProbedShop) =>
  probe({ url: shop.url, body: '{"item":"tea"}' }, shop.fetch, () => crypto.randomUUID())

/** The profile as a user gets it: by pasting. */
async function pasted(text: string): Promise<Profile> {
  const folder = mkdtempSync(join(tmpdir(), 'stillonce-probe-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'profile.ts')
  const index = JSON.stringify(new URL('../../src/entries/index.ts', import.meta.url).href)
  writeFileSync(file, text.slice(text.indexOf('import ')).replace("'stillonce'", index))
  const { profile }: { readonly profile: Profile } = await import(pathToFileURL(file).href)
  return profile
}

describe('the probe of a server', () => {
  test('of stillonce tells how, and gives the profile', async () => {
    const shop = await stillonceShop()
    const { code, text } = await probed(shop)
    expect(text).toBe(`\
The same key twice           honoured: the second answer is the first one, another key gets another
The mark of a replay         idempotent-replayed: true
The form of the key          raw and quoted are the same key
Four at once                 one answer, 3 get 409 in-progress, Retry-After 1
Another payload under a key  refused: 422 payload-mismatch
A refusal                    400 no_order is kept and given again
Without a key                refused: 400 key-missing

All of this was seen.

import { defineProfile } from 'stillonce'

export const profile = defineProfile({
  name: 'probed',
  honoursKeys: true,
  retention: 86_400_000, // a day: a probe cannot see this: look into its documentation
  rules: [
    { status: 409, code: 'in-progress', means: 'processing', source: 'npx stillonce probe' },
    { status: 422, code: 'payload-mismatch', means: 'mismatch', source: 'npx stillonce probe' },
  ],
  replayed: { header: 'idempotent-replayed', value: 'true' },
})
`)
    expect([code, shop.orders()]).toEqual([0, 3])
    const page = readFileSync(new URL('../../docs/profiles.md', import.meta.url), 'utf8')
    const [table = ''] = text.split('\n\n')
    expect(page).toContain(`\n# ${table.replaceAll('\n', '\n# ')}\n`)
  })

  test('that ignores keys says so', async () => {
    const { text } = await probed(await ignoringShop())
    expect(text).toMatch(/^The same key twice +ignored: each request was performed/)
    expect(text).toContain(
      'Only likely, because it follows from bodies that are alike or are not: The same key twice; The form of the key; Four at once; Another payload under a key.\nThe rest was seen.\n',
    )
    expect(text).toMatch(/^Four at once +4 were performed: a race$/m)
    expect(text).toMatch(/^Another payload under a key +performed$/m)
    expect(text).toMatch(/^A refusal +400 no_order is not kept: the key is free after it$/m)
    expect(text).toMatch(/^Without a key +performed$/m)
    expect(text).toContain('export const profile = noKeys\n')
  })

  test('that replays nothing but refuses duplicates is not called settled by them', async () => {
    const { text } = await probed(await refusingShop())
    expect(text).toMatch(/^The same key twice +refused: the second gets 409 duplicate_request\. Nothing/)
    expect(text).toMatch(/^The form of the key +raw; in quotes it is another key, or none: 201$/m)
    expect(text).toMatch(/^Four at once +one answer, 3 get 409 duplicate_request$/m)
    expect(text).toMatch(/^A refusal +400 no_order; the good body then gets 409 duplicate_request$/m)
    expect(text).toMatch(/^Without a key +refused: 400 key_required$/m)
    expect(text.match(/ {4}\{ status.*/g)).toEqual([
      "    { status: 409, code: 'duplicate_request', means: 'unknown', conclusive: true, source: 'npx stillonce probe' },",
    ])
  })

  test('like Stripe tells its words', async () => {
    const { text } = await probed(await stripeShop())
    expect(text).toMatch(/^The same key twice +honoured/)
    expect(text).toMatch(/^Four at once +one answer, 3 get 409 idempotency_key_in_use$/m)
    expect(text).toMatch(/^A refusal +400 parameter_invalid is not kept: the key is free after it$/m)
    expect(text.match(/ {4}\{ status.*/g)).toEqual([
      "    { status: 409, code: 'idempotency_key_in_use', means: 'processing', source: 'npx stillonce probe' },",
      "    { status: 400, type: 'idempotency_error', means: 'mismatch', source: 'npx stillonce probe' },",
    ])
    expect(text).toContain("replayed: { header: 'idempotent-replayed', value: 'true' }")
  })

  test('that honours keys but not at once is not to be sent to again', async () => {
    const { text } = await probed(await racingShop())
    expect(text).toMatch(/^The same key twice +honoured one after the other, but not at once/)
    expect(text).toMatch(/^Four at once +4 were performed: a race$/m)
    expect(text).toContain('export const profile = noKeys\n')
  })

  test('that takes the key in quotes only is spoken to so', async () => {
    const { text } = await probed(await quotedShop())
    expect(text).toMatch(/^The same key twice +honoured/)
    expect(text).toMatch(/^The form of the key +in quotes; the bare key is refused: 400 not_a_string$/m)
    expect(text).toMatch(/^Four at once +all get one answer$/m)
    expect(text).toMatch(/^Another payload under a key +the first answer again, silently$/m)
    expect(text).toContain("  format: 'quoted',\n")
    expect(text).not.toContain('replayed:')
    expect(text).not.toContain('rules:')
  })

  test('that breaks down at the second request says so, and gives no profile', async () => {
    const { code, text } = await probed(await crashingShop())
    expect(text).toBe(
      'Stopped after 2 requests: not clear: the second got no answer (UND_ERR_SOCKET).\n' +
        'What was sent may have been performed all the same.\nHow this server treats keys is not known.\n',
    )
    expect(code).toBe(1)
  })

  test('that says the same to everything cannot be told', async () => {
    const { text } = await report(async () => Response.json({ ok: true }))
    expect(text).toMatch(/^The same key twice +not clear: another key gets the same answer/)
    expect(text).not.toContain('defineProfile')
  })

  test('that repeats the key and the payload, whatever they are, cannot be told', async () => {
    const { text } = await report(async request => {
      return Response.json({ key: request.headers.get('idempotency-key'), order: await request.text() })
    })
    expect(text).toMatch(/^The same key twice +not clear: another payload under the key was performed/)
    expect(text).not.toContain('defineProfile')
  })

  const page = (status: number) =>
    new Response('<!doctype html><title>Sign in</title>', {
      status,
      headers: { 'content-type': 'text/html' },
    })
  const lost = (code: string) => {
    throw Object.assign(new TypeError('fetch failed'), { cause: { code } })
  }
  test.each<[string, () => Response, string]>([
    ['401', () => new Response(null, { status: 401 }), "--header 'Authorization: …'"],
    ['403', () => new Response(null, { status: 403 }), 'may not do this'],
    ['404', () => Response.json({ code: 'x' }, { status: 404 }), 'look at the URL'],
    ['405', () => new Response(null, { status: 405 }), 'look at --method'],
    ['415', () => new Response(null, { status: 415 }), "'Content-Type: …'"],
    ['429', () => new Response(null, { status: 429 }), 'probe again'],
    ['302', () => new Response(null, { status: 302, headers: { location: '/in' } }), 'a redirect to /in'],
    ['500', () => Response.json({}, { status: 500 }), 'may have been performed'],
    ['503', () => page(503), 'may have been performed'],
    ['200 with a page', () => page(200), 'of a proxy or a login, and not of an API'],
    ['400 with a page', () => page(400), 'of a proxy or a login, and not of an API'],
    ['no answer', () => lost('ECONNREFUSED'), 'Nothing was sent: nobody listens there.'],
    ['no name', () => lost('ENOTFOUND'), 'Nothing was sent'],
    ['no certificate', () => lost('DEPTH_ZERO_SELF_SIGNED_CERT'), 'could not be made safe'],
    ['a broken connection', () => lost('ECONNRESET'), 'may have been performed'],
    [
      'a timeout',
      () => {
        throw new DOMException('too long', 'TimeoutError')
      },
      'may have been performed',
    ],
  ])('that says %s to the first request is told so, and nothing is claimed', async (_, serve, advice) => {
    let requests = 0
    const { code, text } = await report(async () => {
      requests += 1
      return serve()
    })
    expect(text).toMatch(/^Stopped after 1 request: not clear: the first got /)
    expect(text).toContain(advice)
    expect(text).toMatch(/How this server treats keys is not known\.\n$/)
    expect(text).not.toMatch(/profile|honoured|ignored|performed once/)
    expect([code, requests]).toEqual([1, 1])
  })

  test('that refuses the request in both forms of the key stops there', async () => {
    let requests = 0
    const { code, text } = await report(async () =>
      Response.json({ code: 'no_item', requests: (requests += 1) }, { status: 400 }),
    )
    expect(text).toContain('Stopped after 2 requests: not clear: the first got 400.')
    expect([code, requests]).toEqual([1, 2])
  })

  test.each([
    ['the key in quotes', 4],
    ['another payload', 5],
    ['one of four at once', 9],
    ['a body to refuse', 10],
    ['a body to refuse', 12],
    ['the last, without a key,', 13],
  ])(
    'that shuts out whoever asks in the middle, at %s, is told so, and nothing is claimed',
    async (name, count) => {
      for (const status of [301, 401, 403, 404, 405, 407, 410, 429, 502, 503]) {
        const orders = new Map<string | null, number>()
        let requests = 0
        const { code, text } = await report(async request => {
          if ((requests += 1) >= count) return Response.json({ code: 'expired' }, { status })
          const key = request.headers.get('idempotency-key')
          orders.set(key, orders.get(key) ?? requests)
          return Response.json({ order: orders.get(key) }, { status: 201 })
        })
        expect(text).toContain(`Stopped after ${count} requests: not clear: ${name} got ${status}.`)
        expect(text).not.toMatch(/profile|honoured|ignored/)
        expect([code, requests]).toEqual([1, count])
      }
    },
  )

  /** Honours keys and refuses what is no order, until it says something else. */
  const honouring = (otherwise: (count: number, request: Request) => Response | undefined) => {
    const orders = new Map<string, number>()
    let requests = 0
    return async (request: Request) => {
      const other = otherwise((requests += 1), request)
      if (other !== undefined) return other
      const key = request.headers.get('idempotency-key')
      if (key === null) return Response.json({ code: 'key_missing' }, { status: 400 })
      if ((await request.text()) === '[]') return Response.json({ code: 'no_order' }, { status: 400 })
      orders.set(key, orders.get(key) ?? requests)
      return Response.json({ order: orders.get(key) }, { status: 201 })
    }
  }

  test.each<[string, number, () => Response, number, string]>([
    ['a lost connection', 4, () => lost('ECONNRESET'), 4, 'the key in quotes got no answer (ECONNRESET)'],
    ['a closed port', 12, () => lost('ECONNREFUSED'), 12, 'a body to refuse got no answer (ECONNREFUSED)'],
    ['a closed port', 13, () => lost('ECONNREFUSED'), 13, 'the last, without a key, got no answer'],
    ['a login page', 7, () => page(200), 9, 'one of four at once got 200'],
    ['500', 5, () => Response.json({}, { status: 500 }), 5, 'another payload got 500'],
    ['500', 10, () => Response.json({}, { status: 500 }), 14, 'the last, without a key, got 500'],
    ['500', 12, () => Response.json({}, { status: 500 }), 12, 'a body to refuse got 500'],
    ['500', 13, () => Response.json({}, { status: 500 }), 14, 'the last, without a key, got 500'],
  ])('that says %s from request %i on is not judged', async (_, from, serve, stopped, words) => {
    const { code, text } = await report(honouring(count => (count >= from ? serve() : undefined)))
    expect(text).toContain(`Stopped after ${stopped} requests: not clear: ${words}`)
    expect(text).not.toMatch(/profile|honoured|ignored/)
    expect(code).toBe(1)
  })

  test('whose handler fails where the key is missing, and goes on, is judged', async () => {
    const { code, text } = await report(
      honouring(count => (count === 13 ? Response.json({ code: 'bug' }, { status: 500 }) : undefined)),
    )
    expect(text).toMatch(/^The same key twice +honoured/)
    expect(text).toMatch(/^Without a key +refused: 500 bug$/m)
    expect(code).toBe(0)
  })

  test('whose handler fails with a bad body, and goes on, is judged', async () => {
    const { code, text } = await report(
      honouring(count =>
        count === 10 || count === 11 ? Response.json({ code: 'bug' }, { status: 500 }) : undefined,
      ),
    )
    expect(text).toMatch(/^The same key twice +honoured/)
    expect(text).toMatch(/^A refusal +500 bug is not kept: the key is free after it$/m)
    expect(text).toMatch(/^Without a key +refused: 400 key_missing$/m)
    expect(code).toBe(0)
  })

  test('that takes no other key stops there', async () => {
    let requests = 0
    const { code, text } = await report(async () =>
      (requests += 1) <= 2 ? Response.json({ order: 1 }) : new Response(null, { status: 429 }),
    )
    expect(text).toContain('Stopped after 3 requests: not clear: another key got 429.')
    expect([code, requests]).toEqual([1, 3])
  })

  test.each([401, 404, 429, 500, 503])('that tells the second %s cannot be told', async status => {
    let requests = 0
    const { text } = await report(async () =>
      (requests += 1) === 1 ? Response.json({ order: 1 }) : new Response(null, { status }),
    )
    expect(text).toContain(`not clear: the second got ${status}`)
    expect(text).not.toContain('defineProfile')
  })

  test('that refuses another key too, because it refuses what is there, cannot be told', async () => {
    let requests = 0
    const { text } = await report(async () =>
      (requests += 1) === 1
        ? Response.json({ order: 1 })
        : Response.json({ code: 'exists' }, { status: 409 }),
    )
    expect(text).toContain('not clear: the second got 409 exists')
    expect(text).not.toContain('defineProfile')
  })

  /** What the probe says of a server with one answer for all, and of what it does besides. */
  const alike = (rule: (key: string, wasHere: boolean) => Response | undefined) => {
    const used = new Set<string>()
    return report(async request => {
      const key = request.headers.get('idempotency-key') ?? ''
      const wasHere = used.has(key)
      // All four look before the first of them writes.
      await new Promise(resolve => setImmediate(resolve))
      used.add(key)
      return rule(key, wasHere) ?? Response.json({ ok: true })
    })
  }

  test('that refuses duplicates, but not at once, is not to be sent to again', async () => {
    const { text } = await alike((_, wasHere) =>
      wasHere ? Response.json({ code: 'used' }, { status: 409 }) : undefined,
    )
    expect(text).toMatch(/^The same key twice +refused one after the other \(409 used\), but not at once/)
    expect(text).toMatch(/^Four at once +4 were performed: a race$/m)
    expect(text).toContain('export const profile = noKeys\n')
  })

  test('whose answers are all alike is seen to replay only where it says so', async () => {
    const { text } = await alike((_, wasHere) =>
      wasHere ? Response.json({ ok: true }, { headers: { 'idempotent-replayed': 'true' } }) : undefined,
    )
    expect(text).toMatch(/^The same key twice +honoured/)
    expect(text).toMatch(/^The form of the key +raw; in quotes it is another key, or none: 200$/m)
    expect(text).toMatch(/^Only likely, .*: Four at once; Another payload under a key\.$/m)
  })

  test('in whose refusals nothing tells apart gets no rule for them', async () => {
    const seen = new Map<string, string>()
    let orders = 0
    const { text } = await report(async request => {
      const [key, body] = [request.headers.get('idempotency-key') ?? '', await request.text()]
      if (body === '[]') return Response.json({ code: 'bad' }, { status: 400 })
      const before = seen.get(key)
      if (before !== undefined && before !== body) return Response.json({ code: 'bad' }, { status: 400 })
      seen.set(key, body)
      return before === undefined
        ? Response.json({ order: (orders += 1) })
        : Response.json({ error: 'Conflict', code: 409 }, { status: 409 })
    })
    expect(text).toMatch(/^The same key twice +refused: the second gets 409\. /)
    expect(text).not.toContain('rules:')
  })

  test('whose words are hostile leaves the terminal and the profile what they are', async () => {
    const seen = new Set<string>()
    const { text } = await report(async request => {
      const [key, body] = [request.headers.get('idempotency-key') ?? '', await request.text()]
      if (!seen.has(key) || body === '[]') return Response.json({ order: seen.add(key).size })
      return Response.json({ code: `'}); process.exit() //\n"\u001b[2J` }, { status: 409 })
    })
    expect(text).toContain(String.raw`code: '\'}); process.exit() //\n"\u001b[2J', means: 'unknown'`)
    expect(text).toContain(`409 '}); process.exit() //\uFFFD"\uFFFD[2J.`)
  })
})

describe('a client with the profile that the probe gave', () => {
  test.each<[string, () => Promise<ProbedShop>, object]>([
    ['stillonce', stillonceShop, { outcome: 'executed', replayed: true }],
    ['one like Stripe', stripeShop, { outcome: 'executed', replayed: true }],
    [
      'one that takes keys in quotes',
      quotedShop,
      { outcome: 'executed', data: { order: expect.any(Number) } },
    ],
    ['one that refuses duplicates', refusingShop, { outcome: 'unknown', error: { code: 'unresolved' } }],
    ['one that ignores keys', ignoringShop, { outcome: 'unknown', error: { code: 'unresolved' } }],
    ['one that races', racingShop, { outcome: 'unknown', error: { code: 'unresolved' } }],
  ])('of %s orders once although the answer is lost, and says what it knows', async (_, openShop, end) => {
    const shop = await openShop()
    const profile = await pasted((await probed(shop)).text)
    const before = shop.orders()
    let sends = 0
    const place = createClient({
      transport: fetchTransport({
        fetch: async (input, init) => {
          const response = await fetch(input, init)
          if ((sends += 1) > 1) return response
          await response.arrayBuffer()
          throw new TypeError('fetch failed')
        },
      }),
      store: memoryStore(),
      scope: 'anna',
      profile,
      retry: { backoff: { base: 1, cap: 1 } },
    }).operation({
      name: 'place',
      id: String,
      request: () => ({ method: 'post', url: shop.url, json: { item: 'tea' } }),
    })

    expect(await place.start('cart-1').settled).toMatchObject(end)
    expect(shop.orders()).toBe(before + 1)
  })
})

describe('the probe', () => {
  test.each([
    ['https://api.example/orders'],
    ['http://127.0.0.1.example/orders'],
    ['http://localhost.example/'],
    ['http://10.0.0.1/'],
  ])('sends nothing to %s without --yes', async url => {
    let sent = 0
    const count: Serve = async () => new Response(String((sent += 1)))
    expect(await report(count, { url })).toMatchObject({
      code: 1,
      text: expect.stringContaining('Say --yes if you mean it.'),
    })
    expect(sent).toBe(0)
    await report(count, { url, yes: true })
    expect(sent).toBe(13)
  })

  test.each([
    ['a URL', { url: 'orders' }, 'The URL must be http or https.'],
    ['a password', { url: 'http://a:b@localhost/' }, 'The URL must hold no user and password: give --header'],
    ['another scheme', { url: 'file:///etc/passwd' }, 'The URL must be http or https.'],
    ['a method', { method: 'GET' }, 'The method must be POST, PUT, PATCH or DELETE.'],
    ['a header', { header: ['a b: c'] }, "A header is given as 'Name: value'."],
  ])('refuses a wrong call: %s', async (_, command, message) => {
    const { code, text } = await report(async () => new Response(), command)
    expect(code).toBe(1)
    expect(text.split('\n')[0]).toContain(message)
  })

  test('sends the headers that it is given', async () => {
    const seen = new Set<string | null>()
    await report(
      async request => {
        seen.add(request.headers.get('authorization'))
        return new Response()
      },
      { header: ['Authorization: Bearer a:b'] },
    )
    expect([...seen]).toEqual(['Bearer a:b'])
  })

  test('runs as a command', async () => {
    const { url } = await stillonceShop()
    const cli = fileURLToPath(new URL('../../src/entries/cli.ts', import.meta.url))
    const run = promisify(execFile)

    const { stdout } = await run(process.execPath, [cli, 'probe', url, '--body', '{"item":"tea"}'])
    expect(stdout).toMatch(/^The same key twice +honoured/)
    await expect(run(process.execPath, [cli, 'probe', url, '--colour'])).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^Unknown option '--colour'/),
    })
    await expect(run(process.execPath, [cli, 'probe', 'http://127.0.0.1:1/'])).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('got no answer (bad port).\nNothing was sent'),
    })
    const closed = createServer().listen(0, '127.0.0.1')
    await event(closed, 'listening')
    const { port } = closed.address() as AddressInfo
    await new Promise(resolve => void closed.close(resolve))
    await expect(run(process.execPath, [cli, 'probe', `http://localhost:${port}/`])).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining(
        'got no answer (ECONNREFUSED).\nNothing was sent: nobody listens there.',
      ),
    })
  })
})
