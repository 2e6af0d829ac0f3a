import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { probe } from '../../src/probe/command.ts'
import { createIdempotency } from '../../src/server.ts'
import { nodeListener } from '../../src/server/node.ts'
import { memoryStore } from '../../src/stores/memory.ts'

type Serve = (request: Request) => Promise<Response>

/** A shop that refuses what is no order. */
function shop() {
  let orders = 0
  const serve: Serve = async request => {
    const order: unknown = await request.json()
    await new Promise(resolve => {
      setImmediate(resolve)
    })
    if (Array.isArray(order)) return Response.json({ code: 'no_order' }, { status: 400 })
    return Response.json({ order: (orders += 1) }, { status: 201 })
  }
  return { serve, orders: () => orders }
}

const sendTo =
  (serve: Serve): typeof fetch =>
  async (input, init) =>
    serve(new Request(input, init))

let keys = 0
const report = (serve: Serve, command: object = {}) =>
  probe(
    { url: 'http://localhost/orders', body: '{"item":"tea"}', ...command },
    sendTo(serve),
    () => `key-${(keys += 1)}`,
  )

describe('the probe of a server', () => {
  test('that honours keys tells how, and gives the profile', async () => {
    const { serve, orders } = shop()
    const { code, text } = await report(
      createIdempotency({ store: memoryStore(), scope: 'shop' }).wrap(serve),
    )
    expect(text).toBe(`\
The same key twice           honoured: the second answer is the first one, another key gets another
The mark of a replay         idempotent-replayed: true
The form of the key          raw and quoted are the same key
Two at once                  one is told 409 in-progress, Retry-After 1
Another payload under a key  refused with 422 payload-mismatch
A refusal                    400, then 422 payload-mismatch to the good body
Without a key                refused with 400

import { defineProfile } from 'stillonce'

export const profile = defineProfile({
  name: 'probed',
  honoursKeys: true,
  header: 'Idempotency-Key',
  retention: 86_400_000, // from its documentation: a probe cannot tell
  rules: [
    { status: 409, code: 'in-progress', means: 'processing', source: 'probed' },
    { status: 422, code: 'payload-mismatch', means: 'mismatch', source: 'probed' },
  ],
  replayed: { header: 'idempotent-replayed', value: 'true' },
})
`)
    expect([code, orders()]).toEqual([0, 3])
  })

  test('that ignores keys says so', async () => {
    const { text } = await report(shop().serve)
    expect(text).toMatch(/^The same key twice +ignored: each request was performed/)
    expect(text).toMatch(/^Two at once +both were performed: a race$/m)
    expect(text).toMatch(/^Another payload under a key +performed$/m)
    expect(text).toMatch(/^Without a key +performed$/m)
    expect(text).toContain('profile: noKeys')
  })

  test('that replays in silence, whatever the payload, is told by its answers', async () => {
    const { serve } = shop()
    const answers = new Map<string | null, Promise<Response>>()
    const silent: Serve = async request => {
      const key = request.headers.get('x-key')
      if (key === null) return serve(request)
      const answer = answers.get(key) ?? serve(request)
      answers.set(key, answer)
      return (await answer).clone()
    }
    const { text } = await report(silent, { 'key-header': 'X-Key' })
    expect(text).toMatch(/^The same key twice +honoured/)
    expect(text).toMatch(/^The mark of a replay +none$/m)
    expect(text).toMatch(/^Two at once +one waits for the other’s answer$/m)
    expect(text).toMatch(/^Another payload under a key +the first answer again, silently$/m)
    expect(text).toMatch(/^A refusal +400 is stored and given again$/m)
    expect(text).toMatch(/^The form of the key +the key in quotes is another key/m)
    expect(text).toContain("header: 'X-Key',\n")
    expect(text).not.toContain('replayed:')
  })

  test('that says the same to everything cannot be told', async () => {
    const { text } = await report(async () => Response.json({ ok: true }))
    expect(text).toMatch(/^The same key twice +cannot be told/)
    expect(text).not.toContain('defineProfile')
  })

  test('that refuses the request cannot be told', async () => {
    const { text } = await report(async () => new Response(null, { status: 401 }))
    expect(text).toMatch(/^The same key twice +the request itself was refused/)
    expect(text).not.toContain('defineProfile')
  })

  test('whose words are hostile leaves the profile a profile', async () => {
    let requests = 0
    const { text } = await report(async () => {
      requests += 1
      return requests === 1
        ? Response.json({ order: 1 }, { status: 201 })
        : Response.json({ code: `'}); process.exit() //\n"` }, { status: 409 })
    })
    expect(text).toContain(String.raw`code: '\'}); process.exit() //\n"', means: 'processing'`)
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
    expect(sent).toBe(10)
  })

  test.each([
    ['a URL', { url: 'orders' }, 'The URL must be http or https.'],
    ['another scheme', { url: 'file:///etc/passwd' }, 'The URL must be http or https.'],
    ['a method', { method: 'GET' }, 'The method must be POST, PUT, PATCH or DELETE.'],
    ['a header', { header: ['a b: c'] }, "A header is given as 'Name: value'."],
  ])('refuses a wrong call: %s', async (_, command, message) => {
    const { code, text } = await report(shop().serve, command)
    expect(code).toBe(1)
    expect(text.split('\n')[0]).toBe(message)
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
    const serve = createIdempotency({ store: memoryStore(), scope: 'shop' }).wrap(shop().serve)
    const server = createServer(nodeListener(serve)).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`
    const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
    const run = promisify(execFile)

    const { stdout } = await run(process.execPath, [cli, 'probe', url, '--body', '{"item":"tea"}'])
    expect(stdout).toMatch(/^The same key twice +honoured/)
    await expect(run(process.execPath, [cli, 'probe', url, '--colour'])).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^Unknown option '--colour'/),
    })
    await expect(run(process.execPath, [cli, 'probe', 'http://127.0.0.1:1/'])).rejects.toMatchObject({
      code: 2,
    })
  })
})
