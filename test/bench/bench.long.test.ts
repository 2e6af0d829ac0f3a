import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tempFolder } from '../stores/temp-folder.ts'
import { CONTESTANT_NAMES, openContestant } from './contestants/contestants.ts'
import type { Part } from './part.ts'
import { allocatedPart } from './parts/allocated.ts'
import { atOncePart } from './parts/at-once.ts'
import { clearPart } from './parts/clear.ts'
import { coldStartPart } from './parts/cold-start.ts'
import { cpuPart } from './parts/cpu.ts'
import { historiesPart } from './parts/histories.ts'
import { inFlightPart } from './parts/in-flight.ts'
import { largeBodyPart } from './parts/large-body.ts'
import { listingPart } from './parts/listing.ts'
import { loopbackPart } from './parts/loopback.ts'
import { middlewarePart } from './parts/middleware.ts'
import { promisesPart } from './parts/promises.ts'
import { sizesPart } from './parts/sizes.ts'
import { throughputPart } from './parts/throughput.ts'
import { workerPart } from './parts/worker.ts'

const FEW = { rounds: 2, calls: 10, warmUp: 5, atATime: 4 }

describe('the parts of the bench', () => {
  test.concurrent.each<readonly [name: string, part: Part, figures: number]>([
    ['promises', promisesPart(), 4],
    ['cpu', cpuPart(FEW), 21],
    ['loopback', loopbackPart(FEW), 18],
    ['allocated', allocatedPart({ rounds: 1, warmUp: 50, calls: 20 }), 4],
    ['in-flight', inFlightPart({ few: 20, many: 40, rounds: 1 }), 6],
    ['at-once', atOncePart({ few: 5, many: 40, rounds: 2 }), 4],
    ['cold-start', coldStartPart(1), 11],
    ['sizes', sizesPart(), 13],
    ['large-body', largeBodyPart({ rounds: 2, calls: 2, warmUp: 1, atATime: 1 }), 2],
    ['throughput', throughputPart(FEW), 12],
    ['clear', clearPart({ rounds: 1, records: 20 }), 1],
    ['listing', listingPart({ open: 2, few: 4, many: 8 }, 2), 4],
    ['worker', workerPart({ stores: ['sqlite'], rounds: 1, few: 3, many: 6, open: 9, heldMs: 500 }), 4],
    ['middleware', middlewarePart(FEW), 9],
    ['histories', historiesPart({ rounds: 1, histories: 20 }), 1],
  ])('%s gives a number for everything that it measures', async (_name, part, count) => {
    const figures = await part.measure()
    expect(figures).toHaveLength(count)
    const broken = figures.filter(
      ({ measured, ratio }) => !(measured > 0) || !(ratio === undefined || ratio.value > 0),
    )
    expect(broken).toEqual([])
  })
})

describe('a contestant', () => {
  type Seen = {
    readonly method?: string
    readonly url?: string
    readonly key?: string
    readonly body: unknown
  }
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    void json(request).then(body => {
      // What makes some of them 1 MB.
      Reflect.deleteProperty(Object(body), 'note')
      const { method = '', url = '', headers } = request
      seen.push({ method, url, key: String(headers['idempotency-key']), body })
      response.writeHead(201, { 'content-type': 'application/json' }).end('{"id":"order-9"}')
    })
  })

  beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'))
  afterAll(() => server.close())

  test.each(CONTESTANT_NAMES)(
    '%s sends the order under a key of its own and gives the answer',
    async name => {
      const { port } = server.address() as AddressInfo
      const contestant = await openContestant(name, {
        baseUrl: `http://127.0.0.1:${port}/`,
        network: 'loopback',
        folder: tempFolder(),
      })
      seen.length = 0
      const answers = [await contestant.place(7), await contestant.place(8)]
      await contestant.close?.()

      expect(answers).toEqual([
        expect.objectContaining({ id: 'order-9' }),
        expect.objectContaining({ id: 'order-9' }),
      ])
      expect(seen.map(({ method, url, body }) => ({ method, url, body }))).toEqual([
        { method: 'POST', url: '/v2/orders', body: { number: 7, sku: 'kettle-22', amount: 4200 } },
        { method: 'POST', url: '/v2/orders', body: { number: 8, sku: 'kettle-22', amount: 4200 } },
      ])
      const keys = seen.map(({ key }) => key)
      expect(new Set(keys).size).toBe(2)
      for (const key of keys) expect(key).toMatch(/[0-9a-f]{8}-[0-9a-f-]{27}/)
    },
  )
})
