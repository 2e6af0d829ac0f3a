import { once } from 'node:events'
import { createGzip } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { CART, openClient, orders, told, TRANSPORTS } from './clients.ts'
import { startServer } from './server.ts'
import type { Step } from './server.ts'

const MIB = 1024 * 1024
const INVALID = { outcome: 'executed', code: 'response-invalid' }

let bomb: Buffer
beforeAll(async () => {
  bomb = await gzipped(192)
})

test.each(TRANSPORTS)(
  'over %s a gzip bomb is cut while it streams: executed, and little memory',
  async transport => {
    const explodes: Step = ({ execute, socket }) => {
      execute()
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`,
      )
      socket.write(bomb)
    }
    const server = await startServer([explodes])
    const before = process.resourceUsage().maxRSS
    const client = openClient(transport, server.origin, { maxBodyBytes: MIB, retry: { attempts: 1 } })
    expect(await told(orders(client))).toEqual(INVALID)
    expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(64)
    expect(server.effects).toBe(1)
  },
)

test.each(TRANSPORTS)(
  'over %s a body without end is cut at the limit, and its connection with it',
  async transport => {
    let written = 0
    let closed: Promise<unknown> = Promise.resolve()
    const endless: Step = ({ execute, socket }) => {
      execute()
      closed = new Promise(resolve => socket.once('close', resolve))
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n')
      const chunk = `10000\r\n${'e'.repeat(0x1_00_00)}\r\n`
      const more = () => {
        while (!socket.destroyed && socket.write(chunk)) written += chunk.length
        written += chunk.length
      }
      socket.on('drain', more)
      more()
    }
    const server = await startServer([endless])
    const client = openClient(transport, server.origin, { maxBodyBytes: MIB, retry: { attempts: 1 } })
    expect(await told(orders(client))).toEqual(INVALID)
    await closed
    expect(written).toBeLessThan(32 * MIB)
  },
)

describe.each(['with a length', 'in chunks'])('a body %s', framing => {
  test.each(TRANSPORTS)('over %s is read up to the last byte of the limit', async transport => {
    const body = JSON.stringify('x'.repeat(998))
    const server = await startServer([
      ({ execute, reply, write }) => {
        execute()
        if (framing === 'with a length') reply(200, body)
        else write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3e8\r\n${body}\r\n0\r\n\r\n`)
      },
    ])
    const upTo = (maxBodyBytes: number) =>
      orders(openClient(transport, server.origin, { maxBodyBytes, retry: { attempts: 1 } }))
    expect(await told(upTo(1_000))).toEqual({ outcome: 'executed', data: 'x'.repeat(998) })
    expect(await told(upTo(999))).toEqual(INVALID)
  })
})

test.each(TRANSPORTS)('over %s a body over the limit is not downloaded again', async transport => {
  const server = await startServer(
    Array.from({ length: 4 }, (): Step => ({ execute, reply }) => {
      execute()
      reply(200, JSON.stringify('x'.repeat(2_000)))
    }),
  )
  const operation = orders(openClient(transport, server.origin, { maxBodyBytes: 1_000 }))
  const end = await operation.start(CART).settled
  expect(end).toMatchObject({ outcome: 'executed', data: undefined, error: { code: 'response-invalid' } })
  expect(end.error?.message).toContain("The server's answer is longer than `maxBodyBytes`.")
  expect(server.requests).toHaveLength(1)
})

test('a refusal with a body over the limit is a refusal', async () => {
  const server = await startServer([({ reply }) => reply(402, 'x'.repeat(2_000))])
  const client = openClient('ky', server.origin, { maxBodyBytes: 1_000 })
  expect(await told(orders(client))).toEqual({ outcome: 'not-executed', code: 'rejected' })
})

describe.each([200, 403, 404])('a page with %i', status => {
  const page = `<html><head><title>Not Found</title></head><body>${'x'.repeat(3_000)}</body></html>`

  test.each<[string, string, Readonly<Record<string, string>>, number]>([
    ['of no type', page, {}, 1_024],
    ['that says it is a text', page, { 'content-type': 'text/plain' }, 1_024],
    ['that says it is JSON', page, { 'content-type': 'application/json' }, 1_024],
    ['of which three bytes are read', page, {}, 3],
  ])('%s is one beyond the limit too', async (_, body, headers, maxBodyBytes) => {
    const server = await startServer([({ reply }) => reply(status, body, headers)], { keys: 'ignores' })
    const operation = orders(openClient('fetch', server.origin, { keys: 'ignores', maxBodyBytes }))
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
  })

  test('is one although its connection ended', async () => {
    const server = await startServer(
      [
        ({ close }) =>
          close(`HTTP/1.1 ${status} Some\r\ncontent-type: text/plain\r\ncontent-length: 9000\r\n\r\n${page}`),
      ],
      { keys: 'ignores' },
    )
    const operation = orders(openClient('fetch', server.origin, { keys: 'ignores' }))
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
  })
})

/** So many MiB of zeros, made without holding them. */
async function gzipped(mebibytes: number): Promise<Buffer> {
  const gzip = createGzip({ level: 9 })
  const chunks: Buffer[] = []
  gzip.on('data', (chunk: Buffer) => chunks.push(chunk))
  const zeros = Buffer.alloc(MIB)
  for (let count = 0; count < mebibytes; count += 1) {
    if (!gzip.write(zeros)) await once(gzip, 'drain')
  }
  gzip.end()
  await once(gzip, 'end')
  return Buffer.concat(chunks)
}
