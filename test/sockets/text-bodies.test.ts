import { expect, test } from 'vitest'
import { CART, openClient, orders, told } from './clients.ts'
import type { Transport } from './clients.ts'
import { creates, startServer } from './server.ts'

/* To Node's own fetch a body that was made of a text goes as that text: it arrives as the bytes that were hashed. */

test.each<[Transport, string, string, string]>([
  ['fetch', 'ASCII', '{"item":"tea"}', '14'],
  ['fetch', 'several bytes a letter', 'Grüße 🙂', '12'],
  ['fetch', 'half a surrogate pair', 'a\ud83db', '5'],
  ['fetch', 'nothing', '', '0'],
  ['ky', 'several bytes a letter', 'Grüße 🙂', '12'],
  ['ky', 'half a surrogate pair', 'a\ud83db', '5'],
])('over %s, a body of %s', async (transport, _name, body, length) => {
  const server = await startServer([({ reset }) => reset(), creates])
  const operation = orders(openClient(transport, server.origin), {
    request: () => ({ method: 'post', url: 'orders', body, headers: { 'content-type': 'text/odd' } }),
  })
  expect((await told(operation, CART)).outcome).toBe('executed')
  const arrived = server.requests.map(({ headers, body: text }) => [
    headers['content-type'],
    headers['content-length'],
    text,
  ])
  const asUtf8 = new TextDecoder().decode(new TextEncoder().encode(body))
  expect(arrived).toEqual([
    ['text/odd', length, asUtf8],
    ['text/odd', length, asUtf8],
  ])
})

test('a text without a type of its own has the one that fetch gives it', async () => {
  const server = await startServer([creates])
  const operation = orders(openClient('fetch', server.origin), {
    request: () => ({ method: 'post', url: 'orders', body: 'tea' }),
  })
  expect((await told(operation, CART)).outcome).toBe('executed')
  expect(server.requests[0]?.headers['content-type']).toBe('text/plain;charset=UTF-8')
})
