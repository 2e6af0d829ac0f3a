import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, expect, inject, test } from 'vitest'
import { createClient, keyPath } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { probe } from '../../src/probe/command.ts'
import { stillonce } from '../../src/profiles/stillonce.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { faultProxy, type ProxyFault } from '../../src/testing/fault-proxy.ts'
import { findOrInstall } from './harness/find-or-install.ts'

const source = fileURLToPath(new URL('../../examples/apps/python-server/server.py', import.meta.url))

const ends: (() => unknown)[] = []

beforeAll(() => findOrInstall('python3', ['python3']))
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

/** The server of examples/apps/python-server in a folder of its own, behind a network that breaks, and a client of it. */
async function shop() {
  const cwd = mkdtempSync(join(inject('workshop'), 'python-'))
  copyFileSync(source, join(cwd, 'server.py'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let server: ChildProcess | undefined
  const stop = async () => {
    if (server === undefined) return
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
    server = undefined
  }
  const start = async () => {
    server = spawn('python3', ['server.py'], {
      cwd,
      env: { ...process.env, PORT: String(port) },
      stdio: 'inherit',
    })
    await expect
      .poll(() =>
        fetch(`${url}/api/charges`).then(
          ({ ok }) => ok,
          () => false,
        ),
      )
      .toBe(true)
  }
  ends.push(stop)
  await start()
  const faults: ProxyFault[] = []
  const proxy = await faultProxy({
    to: url,
    fault: ({ method }) => (method === 'POST' ? faults.shift() : undefined),
  })
  ends.push(proxy.close)
  const client = createClient({
    transport: fetchTransport({ baseUrl: `${proxy.url}/api/` }),
    store: memoryStore(),
    scope: 'anna',
    profile: stillonce,
    timeout: 5_000,
    deadline: 30_000,
  })
  ends.push(() => client.close())
  const pay = client.operation({
    name: 'pay',
    id: (order: { id: string }) => order.id,
    request: order => ({ method: 'post', url: 'charges', json: order }),
    status: { request: ({ key }) => ({ url: `charges/by-key/${keyPath(key)}` }) },
    cancel: { request: ({ key }) => ({ method: 'delete', url: `charges/by-key/${keyPath(key)}` }) },
  })
  const post = async (key: string, id: string) => {
    const answer = await fetch(`${url}/api/charges`, {
      method: 'POST',
      body: JSON.stringify({ id }),
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
    })
    return {
      status: answer.status,
      replayed: answer.headers.get('idempotent-replayed'),
      body: await answer.json(),
    }
  }
  const charges = async () => (await (await fetch(`${url}/api/charges`)).json()) as readonly unknown[]
  return { url, pay, post, charges, faults, start, stop }
}

test('pays once though answers are lost, and gives the answer again', async () => {
  const { pay, faults, charges, post } = await shop()
  faults.push('reset-answer', { status: 502, performed: true })
  expect(await pay.start({ id: 'order-1' }).settled).toMatchObject({
    outcome: 'executed',
    data: { charge: 'ch_1', order: 'order-1' },
    replayed: true,
  })
  expect(await charges()).toHaveLength(1)
  const answers = await Promise.all(Array.from({ length: 8 }, () => post('race', 'order-2')))
  expect(answers.filter(({ status, replayed }) => status === 201 && replayed === null)).toHaveLength(1)
  expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([])
  expect(await charges()).toHaveLength(2)
})

test('killed at any time, it has done all of it or nothing, and the next process goes on', async () => {
  const { pay, faults, charges, start, stop } = await shop()
  faults.push('lose-answer')
  const run = pay.start({ id: 'order-1' })
  await expect.poll(charges).toHaveLength(1)
  await stop()
  await start()
  expect(await run.settled).toMatchObject({ outcome: 'executed', data: { charge: 'ch_1' } })
  expect(await charges()).toHaveLength(1)
})

test('a declined card, another payload and a seal are proof', async () => {
  const { url, pay, post, charges } = await shop()
  expect(await pay.start({ id: 'order-3' }).settled).toMatchObject({
    outcome: 'not-executed',
    error: { reason: 'declined', serverMessage: 'Your card was declined.' },
  })
  expect(await post('key-1', 'order-1')).toMatchObject({ status: 201 })
  expect(await post('key-1', 'order-2')).toMatchObject({ status: 422, body: { code: 'payload-mismatch' } })
  expect(await pay.start({ id: 'order-2' }).settled).toMatchObject({ outcome: 'executed' })
  expect(await pay.cancel({ id: 'order-2' })).toMatchObject({ outcome: 'executed' })
  const sealed = await fetch(`${url}/api/charges/by-key/key-2`, { method: 'DELETE' })
  expect(await sealed.json()).toMatchObject({ status: 'canceled' })
  expect(await post('key-2', 'order-1')).toMatchObject({ status: 410, body: { code: 'sealed' } })
  expect(await charges()).toHaveLength(2)
})

test('is safe, says the probe', async () => {
  const { url } = await shop()
  const options = { url: `${url}/api/charges`, body: '{"id":"order-1"}' }
  const { text } = await probe(options, fetch, () => crypto.randomUUID())
  expect(text).toMatch(/^The same key twice +honoured: /)
  expect(text).toMatch(/^Another payload under a key +refused: 422 payload-mismatch$/m)
  expect(text).toMatch(/^Without a key +refused: 400 key-missing$/m)
  expect(text).not.toContain('a race')
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
