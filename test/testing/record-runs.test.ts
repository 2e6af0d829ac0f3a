import { afterEach, expect, test } from 'vitest'
import { createClient } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { memoryStore, stillonce } from '../../src/entries/index.ts'
import { runWatch } from '../../src/runtime/run-watch.ts'
import { fakeServer } from '../../src/testing/fake-server.ts'
import type { RunRecording } from '../../src/testing/record-runs.ts'
import { recordRuns } from '../../src/testing/record-runs.ts'

let runs: RunRecording
afterEach(() => runs.end())

function shop() {
  const fake = fakeServer()
  const client = createClient({
    transport: fetchTransport({ baseUrl: `${fake.url}/`, fetch: fake.fetch }),
    store: memoryStore(),
    scope: 'anna',
    profile: stillonce,
    retry: { backoff: { base: 1, cap: 1 } },
  })
  const place = client.operation({
    name: 'place',
    id: String,
    request: id => ({
      method: 'post',
      url: 'orders',
      json: { id, card: 'secret card' },
      headers: { authorization: 'secret token' },
    }),
  })
  return { fake, place }
}

test('a run tells each event that it took, in order, and where that led', async () => {
  const { fake, place } = shop()
  runs = recordRuns()
  fake.next({ status: 503 })
  await place.run('cart-1')
  const steps = runs.steps('cart-1')
  expect(steps.map(({ event, state }) => [event.split(': ')[0], state])).toEqual([
    ['begun', 'looking'],
    ['read', 'making-key'],
    ['keyed', 'in-flight'],
    ['at-gate', 'in-flight'],
    ['written', 'in-flight'],
    ['at-byte', 'in-flight'],
    ['observed', 'in-flight'],
    ['carried', 'in-flight'],
    ['landed', 'in-flight'],
    ['at-gate', 'in-flight'],
    ['written', 'in-flight'],
    ['at-byte', 'in-flight'],
    ['observed', 'in-flight'],
    ['landed', 'keeping-proof'],
    ['written', 'ended'],
  ])
  expect(steps.filter(({ event }) => event.startsWith('observed')).map(({ event }) => event)).toEqual([
    'observed: 503',
    'observed: 201',
  ])
  expect(steps.map(({ run }) => run)).toEqual(steps.map(() => 1))
  expect(steps.at(-1)?.commands).toContain('end: executed')
})

test('the history has a line for each step, of one operation or of all', async () => {
  const { place } = shop()
  runs = recordRuns()
  await place.run('cart-1')
  await place.run('cart-2')
  expect(runs.history('cart-2').split('\n')).toHaveLength(runs.steps('cart-2').length)
  expect(runs.history('cart-2')).toMatch(
    /^ +\+\d+ ms {2}run 2 {2}cart-2 {2}begun -> looking; show claiming, read\n/,
  )
  expect(runs.history().split('\n')).toHaveLength(runs.steps('cart-1').length + runs.steps('cart-2').length)
})

test('no body, header or credential is in a recording', async () => {
  const { place } = shop()
  runs = recordRuns()
  await place.run('cart-1')
  expect(JSON.stringify(runs.steps())).not.toContain('secret')
  expect(runs.history()).not.toContain('secret')
})

test('what happened before a recording, or after its end, is not in it; a new one ends the one before', async () => {
  const { place } = shop()
  await place.run('before')
  runs = recordRuns()
  await place.run('first')
  const second = recordRuns()
  await place.run('second')
  second.end()
  await place.run('after')
  expect(new Set(runs.steps().map(({ operationId }) => operationId))).toEqual(new Set(['first']))
  expect(new Set(second.steps().map(({ operationId }) => operationId))).toEqual(new Set(['second']))
  runs.end()
  expect(runWatch.see).toBeUndefined()
})
