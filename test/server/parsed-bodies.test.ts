import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import Fastify from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createIdempotency } from '../../src/entries/server.ts'
import { idempotent as idempotentInFastify } from '../../src/server/adapters/fastify.ts'
import { idempotent } from '../../src/server/adapters/node.ts'
import { payloadText } from '../../src/server/request/payload-text.ts'
import type { RecordStore } from '../../src/public/store.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'

/* What a parser has left of a body is all of it, and another one for each other body; or nothing is executed. */

type Sent = {
  readonly body: string
  readonly type?: string
  readonly chunked?: boolean
  readonly key?: string
}

function post(port: number, { body, type = 'application/json', chunked, key = 'k1' }: Sent) {
  return new Promise<string>((resolve, reject) => {
    const length =
      chunked === true ? { 'transfer-encoding': 'chunked' } : { 'content-length': Buffer.byteLength(body) }
    const headers = { 'idempotency-key': key, 'content-type': type, ...length }
    const sent = httpRequest({ port, path: '/orders', method: 'POST', agent: false, headers }, answer => {
      let text = ''
      answer.on('data', chunk => (text += String(chunk)))
      answer.on('end', () =>
        resolve(
          `${answer.statusCode}${answer.headers['idempotent-replayed'] === 'true' ? ' again' : ''} ${text}`,
        ),
      )
    })
    sent.on('error', reject)
    if (chunked === true && body !== '') sent.write(body)
    sent.end(chunked === true ? undefined : body)
  })
}

const guard = (store: RecordStore = memoryStore({ maxSettled: Infinity })) =>
  createIdempotency({ store, scope: 'shop', timeout: 2_000 })

/** Answers with what it finds in the body. */
async function expressShop(
  before: readonly express.RequestHandler[],
  { store, parse }: { readonly store?: RecordStore; readonly parse?: 'json' } = {},
) {
  const app = express()
  app.post(
    '/orders',
    ...before,
    idempotent(
      guard(store),
      async (request: express.Request, response: express.Response, { input }) => {
        response.json({ body: request.body ?? 'none', ...(parse && { input }) })
      },
      { parse },
    ),
  )
  app.use(
    (error: Error, _: express.Request, response: express.Response, _next: express.NextFunction) =>
      void response.status(500).send(error.message),
  )
  const server = app.listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function fastifyShop(prepare: (app: FastifyInstance) => unknown = () => {}, route: object = {}) {
  const app: FastifyInstance = Fastify()
  await prepare(app)
  app.post(
    '/orders',
    route,
    idempotentInFastify(guard(), async (request: FastifyRequest) => ({ body: request.body ?? 'none' })),
  )
  await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => app.close())
  return (app.server.address() as AddressInfo).port
}

const REFUSED = expect.stringMatching(/^500 .*option payload/s)
const MISMATCH = expect.stringMatching(/^422 .*payload-mismatch/s)

const part = (name: string, content: string, more = '') =>
  `--b7\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${content}\r\n`
const upload = (...parts: string[]): Sent => ({
  type: 'multipart/form-data; boundary=b7',
  body: `${parts.join('')}--b7--\r\n`,
})
const slip = (content: string, name = 'slip') => part(name, content, `; filename="${name}.txt"`)

/** Reads all, and leaves what it is told to. */
const leaving =
  (leave: (raw: string) => object): express.RequestHandler =>
  (request, _response, next) => {
    let raw = ''
    request.on('data', chunk => (raw += String(chunk)))
    request.on('end', () => {
      Object.assign(request, leave(raw))
      next()
    })
  }

/** As @fastify/multipart and others replace the body before validation. */
const leavingInFastify = (type: string, leave: (raw: string) => unknown) => (app: FastifyInstance) =>
  app.addContentTypeParser(type, { parseAs: 'string' }, (_request, raw, done) =>
    done(null, leave(String(raw))),
  )

describe('behind Express, a body', () => {
  test.each<[what: string, leave: (raw: string) => object, sent: Sent]>([
    [
      'whose file lies beside `fields`',
      () => ({ fields: { t: ['1'] }, uploads: {} }),
      upload(part('t', '1'), slip('A')),
    ],
    ['whose file lies elsewhere', () => ({ fields: { t: '1' } }), upload(part('t', '1'), slip('A'))],
    [
      'whose file is not in formidable’s pair',
      () => ({ fields: { t: '1' }, files: {} }),
      upload(part('t', '1'), slip('A')),
    ],
    ['of an empty pair', () => ({ fields: {}, files: {} }), { body: '{"a":1}' }],
    ['of JSON that lies elsewhere, beside `fields`', raw => ({ fields: [], data: raw }), { body: '{"a":1}' }],
    ['beside the `fields` of a query', raw => ({ fields: ['id'], data: raw }), { body: '{"a":1}' }],
    ['beside a table of `fields`', raw => ({ fields: { id: 1 }, data: raw }), { body: '{"a":1}' }],
    ['that is null', raw => ({ body: null, data: raw }), { body: '{"a":1}' }],
    ['that is null, in chunks', raw => ({ body: null, data: raw }), { body: '{"a":1}', chunked: true }],
    ['that is an empty list', raw => ({ body: [], data: raw }), { body: '{"a":1}' }],
    ['that is an empty text', raw => ({ body: '', data: raw }), { body: 'tea', type: 'text/plain' }],
    [
      'that is an empty table',
      raw => ({ body: Object.create(null) as object, data: raw }),
      { body: '{"a":1}' },
    ],
    [
      'in chunks, of a type of which nobody makes an empty object',
      () => ({ body: {} }),
      { body: 'tea', type: 'application/octet-stream', chunked: true },
    ],
  ])('%s executes nothing', async (_, leave, sent) => {
    expect(await post(await expressShop([leaving(leave)]), sent)).toEqual(REFUSED)
  })

  test('that nobody has read counts, whatever lies in the request', async () => {
    for (const lies of [
      { file: { id: 7 } },
      { files: [{ id: 7 }] },
      { fields: ['id'] },
      { body: { user: 7 } },
    ]) {
      const port = await expressShop([(request, _response, next) => (Object.assign(request, lies), next())])
      expect(await post(port, { body: '{"a":1}' })).toMatch(/^200/)
      expect(await post(port, { body: '{"a":1}' })).toMatch(/^200 again/)
      expect(await post(port, { body: '{"a":2}' }), JSON.stringify(lies)).toEqual(MISMATCH)
    }
  })

  test.each<[what: string, leave: (raw: string) => object, sent: Sent, other: Sent]>([
    [
      'formidable’s pair',
      raw => ({ fields: { t: [/\d/.exec(raw.split('\r\n\r\n')[1]!)![0]] }, files: {} }),
      upload(part('t', '1')),
      upload(part('t', '2')),
    ],
    [
      'formidable’s pair of JSON',
      raw => ({ fields: JSON.parse(raw) as object, files: {} }),
      { body: '{"a":1}' },
      { body: '{"a":2}' },
    ],
    [
      '`{}`, also in chunks',
      raw => ({ body: JSON.parse(raw) as object }),
      { body: '{}', chunked: true },
      { body: '[]', key: 'k1' },
    ],
    ['null', raw => ({ body: JSON.parse(raw) as unknown }), { body: 'null' }, { body: '{}' }],
  ])('of %s counts', async (_, leave, sent, other) => {
    const port = await expressShop([leaving(leave)])
    expect(await post(port, sent)).toMatch(/^200 /)
    expect(await post(port, sent)).toMatch(/^200 again/)
    expect(await post(port, other)).toEqual(MISMATCH)
  })
})

const PAIRS: readonly (readonly [one: string, other: string])[] = [
  ['"5"', '5'],
  ['5', '"5"'],
  [JSON.stringify('{"a":1}'), '{"a":1}'],
  ['{"a":1}', JSON.stringify('{"a":1}')],
  ['null', '"null"'],
  ['"null"', 'null'],
  ['true', '"true"'],
  ['"tea"', '"\\"tea\\""'],
]

describe('JSON, and a text that looks like it, are two payloads', () => {
  test.each(PAIRS)('%s and %s', async (one, other) => {
    for (const port of [await expressShop([express.json({ strict: false })]), await fastifyShop()])
      for (const chunked of [false, true]) {
        const key = `k-${chunked}`
        expect(await post(port, { body: one, key, chunked: chunked && one !== 'null' })).toBe(
          `200 {"body":${one === 'null' ? '"none"' : one}}`,
        )
        expect(await post(port, { body: one, key })).toMatch(/^200 again/)
        expect(await post(port, { body: other, key, chunked: chunked && other !== 'null' })).toEqual(MISMATCH)
      }
  })

  test('of whatever type they are sent', async () => {
    const port = await expressShop([express.json({ strict: false, type: '*/*' })])
    expect(await post(port, { body: '5', type: 'text/plain' })).toMatch(/^200/)
    expect(await post(port, { body: '"5"', type: 'text/plain' })).toEqual(MISMATCH)
  })

  test('and `parse` reads what was sent, parsed before or not', async () => {
    for (const [parser, body] of [
      [express.json({ strict: false }), '"5"'],
      [express.json({ strict: false }), '"tea"'],
      [express.json({ strict: false }), '{"a":1}'],
      [express.text({ type: '*/*' }), '"5"'],
      [express.text({ type: '*/*' }), '{"a":1}'],
    ] as const) {
      const port = await expressShop([parser], { parse: 'json' })
      expect(await post(port, { body })).toContain(`"input":${body}`)
    }
  })

  test.each<
    [what: string, parser: express.RequestHandler, body: string, fingerprint: string, status: RegExp]
  >([
    // SHA-256 of `POST /orders`, a line end, and the text, as version 0.1.0 hashed it.
    [
      'of a text',
      express.json({ strict: false }),
      '"tea"',
      'd2b18fd4de562c6c8dcefa6282601740c681c33cf04e58369b22fb90c854b190',
      /^200 again earlier/,
    ],
    [
      'of JSON that was left as a text',
      express.text({ type: '*/*' }),
      '{"a":1}',
      'f65b534991c443098d08354979b8bc028a52aac9e85f5e1a321b89ce10b5134c',
      /^200 again earlier/,
    ],
    [
      'of a number',
      express.json({ strict: false }),
      '5',
      '040f9d9a9a1535eac527b14bd6024acd66fd1c767d5e4bef423016ce3a52edb6',
      /^200 again earlier/,
    ],
    [
      'of a text that looks like a number, which was the same',
      express.json({ strict: false }),
      '"5"',
      '040f9d9a9a1535eac527b14bd6024acd66fd1c767d5e4bef423016ce3a52edb6',
      /^422/,
    ],
  ])('and a record of 0.1.0 %s stays what it was', async (_, parser, body, fingerprint, status) => {
    const store = memoryStore({ maxSettled: Infinity })
    const answer = { status: 200, headers: [], body: 'earlier', form: 'text' }
    const now = Date.now()
    const record = {
      v: 1,
      owner: 'o',
      write: 1,
      createdAt: now,
      changedAt: now,
      fingerprint,
      state: 'succeeded',
      answer,
    }
    await store.set('ss1/shop/k1', JSON.stringify(record), { expected: null, open: false })
    expect(await post(await expressShop([parser], { store }), { body })).toMatch(status)
  })
})

describe('behind Fastify, a body', () => {
  const multipart = 'multipart/form-data'

  test.each<[what: string, prepare: (app: FastifyInstance) => unknown, sent: Sent]>([
    [
      'whose file `onFile` took away',
      leavingInFastify(multipart, () => ({ t: '1' })),
      upload(part('t', '1'), slip('A')),
    ],
    ['whose only file went away', leavingInFastify(multipart, () => ({})), upload(slip('A'))],
    [
      'of which one file of two went away',
      leavingInFastify(multipart, () => ({ t: '1', slip: Buffer.from('A') })),
      upload(part('t', '1'), slip('A'), slip('B'.repeat(1000), 'other')),
    ],
    [
      'of which its parser left `{}`',
      leavingInFastify('application/x-own', () => ({})),
      { body: 'tea', type: 'application/x-own' },
    ],
    [
      'that a hook made null',
      app => app.addHook('preHandler', async request => void (request.body = null)),
      { body: '{"a":1}' },
    ],
    [
      'that a hook made `{}`',
      app => app.addHook('preHandler', async request => void (request.body = {})),
      { body: '{"a":1}' },
    ],
  ])('%s executes nothing', async (_, prepare, sent) => {
    expect(await post(await fastifyShop(prepare), sent)).toEqual(REFUSED)
  })

  test.each<[what: string, prepare: (app: FastifyInstance) => unknown, sent: Sent]>([
    [
      'with its files',
      leavingInFastify(multipart, raw => ({ t: '1', slip: Buffer.from(/A+/.exec(raw.slice(100))![0]) })),
      upload(part('t', '1'), slip('AAA')),
    ],
    [
      'of two files of one name',
      leavingInFastify(multipart, () => ({ slip: [Buffer.from('A'), Buffer.from('B')] })),
      upload(slip('A'), slip('B')),
    ],
    [
      'of fields alone',
      leavingInFastify(multipart, () => ({ t: '1', u: ['2', '3'] })),
      upload(part('t', '1'), part('u', '2'), part('u', '3')),
    ],
    [
      'of a field of JSON',
      leavingInFastify(multipart, () => ({ t: { a: 'x'.repeat(200) } })),
      upload(part('t', `{"a":"${'x'.repeat(200)}"}`, '\r\nContent-Type: application/json')),
    ],
    [
      'of numbers that a schema made',
      leavingInFastify(multipart, () => ({ t: 1, u: 2 })),
      upload(part('t', '1'), part('u', '2')),
    ],
    ['of `{}`', () => {}, { body: '{}' }],
  ])('%s counts', async (_, prepare, sent) => {
    const port = await fastifyShop(prepare)
    expect(await post(port, sent)).toMatch(/^200 /)
    expect(await post(port, sent)).toMatch(/^200 again/)
  })

  test('that a schema emptied is `{}`, as its handler sees it', async () => {
    const schema = { body: { type: 'object', properties: {}, additionalProperties: false } }
    const port = await fastifyShop(() => {}, { schema })
    expect(await post(port, { body: '{"a":1}' })).toBe('200 {"body":{}}')
  })
})

/** As fast-querystring makes them, for @fastify/formbody. */
function table(fields: object): object {
  const Table = function () {} as unknown as new () => object
  Table.prototype = Object.create(null)
  return Object.assign(new Table(), fields)
}

describe('a table whose prototype is empty', () => {
  test('is the fields of a form behind Fastify', async () => {
    const type = 'application/x-www-form-urlencoded'
    const port = await fastifyShop(
      leavingInFastify(type, raw => table(Object.fromEntries(new URLSearchParams(raw)))),
    )
    expect(await post(port, { type, body: 'a=1' })).toBe('200 {"body":{"a":"1"}}')
    expect(await post(port, { type, body: 'a=1' })).toMatch(/^200 again/)
    expect(await post(port, { type, body: 'a=2' })).toEqual(MISMATCH)
  })

  test('is plain data', async () => {
    expect(await payloadText(table({ a: [table({ b: 1n })] }), 'body')).toBe('{"a":[{"b":<1n>}]}')
    expect(await payloadText(table({ a: 1 }), 'body')).toBe('{"a":1}')
    expect(await guard().run('k1', { scope: 's', payload: table({ a: 1 }) }, () => 1)).toEqual({
      value: 1,
      replayed: false,
    })
  })

  test('and one of a class without a name is refused in words', async () => {
    const hidden = Object.create(Object.assign(Object.create(null) as object, { hides: true })) as object
    await expect(payloadText(hidden, 'body')).rejects.toThrow('body: is of a class of its own')
    const ran = guard().run('k1', { scope: 's', payload: hidden }, () => 1)
    await expect(ran).rejects.toThrow('is of a class of its own')
  })
})
