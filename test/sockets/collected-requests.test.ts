import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'
import { chargebeeHttpClient } from '../../src/entries/adapters.ts'
import { startServer } from './server.ts'

/*
 * In Node the signal of a Request follows the signal that it was made with only while somebody keeps the Request:
 * https://github.com/nodejs/undici/issues/3644. So code of ours that makes a Request of its own hands on the signal
 * that it was given, and not that of its Request.
 */

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Everything that nobody keeps is gone afterwards. */
async function collected(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    await setImmediate()
    collect()
  }
}

const told = (call: Promise<unknown>) => call.catch((error: unknown) => error)

test('the fetch of undici, called with a signal, ends by that signal', async () => {
  const { undiciFetch } = await import('./over-undici.ts')
  let isQuick = true
  const server = createServer((request, response) => {
    request.resume()
    if (isQuick) response.end('{}')
    else server.emit('held')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => server.close().closeAllConnections())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const fetch = undiciFetch()
  // V8 keeps what a function has in hand until the function was optimised, which takes about 1,000 calls here.
  for (let call = 0; call < 3_000; call++) await (await fetch(url, { signal: unused() })).text()
  isQuick = false
  const caller = new AbortController()
  const held = once(server, 'held')
  const ends = told(fetch(url, { signal: caller.signal }))
  await held
  await collected()
  const left = new Error('the caller left')
  caller.abort(left)
  expect(await ends).toBe(left)
})

const unused = () => new AbortController().signal

test('the adapter of Chargebee stops waiting by the timeout that the library gives', async () => {
  const server = await startServer([() => {}])
  const client = chargebeeHttpClient(fetch)
  const order = () => new Request(`${server.origin}/customers`, { method: 'POST', body: 'a=1' })
  const ends = told(client.makeApiRequest(order(), 300))
  await server.received(1)
  await collected()
  expect(await ends).toMatchObject({ name: 'TimeoutError' })
})
