import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createClient, ietf } from '../../../src/entries/core.ts'
import { fetchTransport } from '../../../src/entries/fetch.ts'
import { sqliteStore } from '../../../src/entries/sqlite.ts'
import { charge } from './charge.ts'

/** How often each key was charged; answers wait for `release` while there is one. */
const charges = new Map<string, number>()
const requests: string[] = []
let held: ServerResponse[] | undefined
let heard = () => {}

const server = createServer((request, response) => {
  const key = String(request.headers['idempotency-key'])
  requests.push(key)
  if (!charges.has(key)) charges.set(key, 1)
  if (held === undefined) answer(response)
  else held.push(response)
  heard()
})

function answer(response: ServerResponse): void {
  response.writeHead(201, { 'content-type': 'application/json' }).end('{"charge":"ch_1"}')
}

function nextRequest(): Promise<void> {
  return new Promise(resolve => (heard = resolve))
}

async function requestsAre(count: number): Promise<void> {
  while (requests.length < count) await nextRequest()
}

let folder = ''
let path = ''
let children: ChildProcess[] = []

beforeEach(async () => {
  charges.clear()
  requests.length = 0
  held = undefined
  folder = mkdtempSync(join(tmpdir(), 'stillonce-worker-'))
  path = join(folder, 'store.db')
  await once(server.listen(0, '127.0.0.1'), 'listening')
  await leaveOpen(12)
})

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  children = []
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  rmSync(folder, { recursive: true })
})

/** Operations of two customers whose answers were lost. */
async function leaveOpen(count: number): Promise<void> {
  const store = sqliteStore(path)
  const lost = async () => {
    throw new Error('lost')
  }
  const transport = fetchTransport({ baseUrl: urlOf(), fetch: lost })
  const client = createClient({ transport, store, scope: 'service', profile: ietf, retry: { attempts: 1 } })
  for (let number = 0; number < count; number += 1) {
    const pay = client.withScope(number % 3 === 0 ? 'bert' : 'anna').operation(charge)
    await pay.start({ invoice: `in_${number}` }).settled
  }
  await client.close()
  await store.close?.()
}

function urlOf(): string {
  const address = server.address()
  return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}/` : ''
}

function service(): ChildProcess {
  const child = fork(new URL('child.ts', import.meta.url), [path, urlOf()])
  children.push(child)
  return child
}

async function openRecords(): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const store = sqliteStore(path)
  const found: Record<string, unknown>[] = []
  for await (const { value } of store.listOpen('')) found.push(JSON.parse(value))
  await store.close?.()
  return found
}

async function allEnd(): Promise<void> {
  for (;;) {
    const open = await openRecords()
    if (open.length === 0) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

test('SIGTERM frees what is in the air and ends the process by SIGTERM; the next one takes over, and all are charged once', async () => {
  held = []
  const first = service()
  await requestsAre(4)
  const told = once(first, 'message')
  const exited = once(first, 'exit')
  first.kill('SIGTERM')

  expect((await told)[0]).toEqual({ finished: 0, freed: 4, left: 0 })
  expect(await exited).toEqual([null, 'SIGTERM'])
  const open = await openRecords()
  expect(open).toHaveLength(12)
  expect(open.filter(record => 'lease' in record)).toEqual([])
  expect(open.filter(record => 'inFlight' in record)).toHaveLength(4)

  held = undefined
  const sent = requests.slice(0, 4)
  service()
  await allEnd()
  expect(charges.size).toBe(12)
  expect(sent.filter(key => requests.lastIndexOf(key) < 4)).toEqual([])
})

test('SIGTERM lets what can end, end', async () => {
  held = []
  const first = service()
  await requestsAre(4)
  const told = once(first, 'message')
  first.kill('SIGTERM')
  for (const response of held) answer(response)

  expect((await told)[0]).toEqual({ finished: 4, freed: 0, left: 0 })
  expect(await openRecords()).toHaveLength(8)
})

test('SIGKILL: the next one takes over, and all are charged once', async () => {
  held = []
  const first = service()
  await requestsAre(4)
  const exited = once(first, 'exit')
  first.kill('SIGKILL')
  await exited
  held = undefined
  service()
  await allEnd()

  expect([charges.size, new Set(requests).size]).toEqual([12, 12])
})
