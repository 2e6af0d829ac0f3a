import { once as event } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { createServer as createHttp2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { connect as connectHttp2 } from 'node:http2'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import express from 'express'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Fastify from 'fastify'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { createIdempotency } from '../../src/entries/server.ts'
import { idempotent as idempotentInFastify } from '../../src/server/adapters/fastify.ts'
import { idempotent, nodeListener } from '../../src/server/adapters/node.ts'
import { payloadText } from '../../src/server/request/payload-text.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { post as webPost, told, trialServer } from './trial-server.ts'

/* The whole body counts for the fingerprint, whoever reads it, or nothing is executed and the owner is told. */

const guard = () => createIdempotency({ store: memoryStore({ maxSettled: Infinity }), scope: 'shop' })

async function urlOf(server: Server): Promise<string> {
  if (!server.listening) await event(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/upload`
}

const upload = (file: string, title = 'receipt') => {
  const form = new FormData()
  form.set('title', title)
  form.set('slip', new Blob([file]), 'slip.txt')
  return form
}

const post = (url: string, body: BodyInit, type?: string) =>
  told(
    fetch(url, {
      method: 'POST',
      body,
      headers: { 'idempotency-key': 'k1', ...(type !== undefined && { 'content-type': type }) },
    }),
  )

/** What a middleware that reads uploads leaves in the request. */
type Leaves = (raw: string) => object

async function expressShop(
  leaves: Leaves | undefined,
  options?: { readonly payload?: (request: express.Request) => unknown },
) {
  const app = express()
  const seen: string[] = []
  app.use(async (request, _, next) => {
    if (leaves !== undefined) {
      let raw = ''
      for await (const chunk of request) raw += String(chunk)
      Object.assign(request, leaves(raw))
    }
    next()
  })
  app.post(
    '/upload',
    idempotent(
      guard(),
      async (request: express.Request, response: express.Response) => {
        let raw = ''
        if (leaves === undefined) for await (const chunk of request) raw += String(chunk)
        seen.push(raw)
        response.status(201).json({ run: seen.length })
      },
      options,
    ),
  )
  app.use((error: Error, _: express.Request, response: express.Response, _next: express.NextFunction) => {
    response.status(500).json({ error: error.message })
  })
  return { url: await urlOf(app.listen(0, '127.0.0.1')), seen }
}

const fileOf = (raw: string) => Buffer.from(/FILE-\w/.exec(raw)![0])
const titleOf = (raw: string) =>
  Object.assign(Object.create(null) as object, { title: 'receipt', raw: raw.length })

describe('behind Express, an upload', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'stillonce-'))
  let files = 0
  const stored = (raw: string) => {
    const where = path.join(folder, `upload-${(files += 1)}`)
    writeFileSync(where, fileOf(raw))
    return where
  }
  const meta = { originalname: 'slip.txt', mimetype: 'text/plain', fieldname: 'slip' }

  test.each<[string, Leaves]>([
    ['multer in memory', raw => ({ body: titleOf(raw), file: { ...meta, buffer: fileOf(raw) } })],
    [
      'multer on disk',
      raw => ({ body: titleOf(raw), file: { ...meta, path: stored(raw), filename: `${files}` } }),
    ],
    ['multer, several', raw => ({ body: titleOf(raw), files: [{ ...meta, buffer: fileOf(raw) }] })],
    ['multer, by field', raw => ({ body: titleOf(raw), files: { slip: [{ ...meta, path: stored(raw) }] } })],
    [
      'express-fileupload in memory',
      raw => ({ body: { title: 1 }, files: { slip: { name: 'slip.txt', data: fileOf(raw), mv: () => {} } } }),
    ],
    [
      'express-fileupload on disk',
      raw => ({
        body: {},
        files: { slip: { name: 'slip.txt', data: Buffer.alloc(0), tempFilePath: stored(raw), mv: () => {} } },
      }),
    ],
    [
      'formidable',
      raw => ({
        fields: { title: ['receipt'] },
        files: {
          slip: [
            new (class File {
              originalFilename = 'slip.txt'
              filepath = stored(raw)
              mtime = new Date(files)
            })(),
          ],
        },
      }),
    ],
    ['a parser of one’s own', raw => ({ body: { title: 1 }, file: String(fileOf(raw)) })],
  ])('read by %s: another file is another payload, the same one is the same', async (_, leaves) => {
    const { url, seen } = await expressShop(leaves)
    expect(await post(url, upload('FILE-A'))).toMatchObject({ status: 201, replayed: false })
    expect(await post(url, upload('FILE-A'))).toMatchObject({ status: 201, replayed: true })
    expect(await post(url, upload('FILE-B'))).toMatchObject({ status: 422, code: 'payload-mismatch' })
    expect(seen).toHaveLength(1)
  })

  test('that nobody has read yet counts whole, and is there for the handler; its boundary does not count', async () => {
    const { url, seen } = await expressShop(undefined)
    expect(await post(url, upload('FILE-A'))).toMatchObject({ status: 201 })
    expect(seen[0]).toContain('FILE-A')
    expect(await post(url, upload('FILE-A'))).toMatchObject({ status: 201, replayed: true })
    expect(await post(url, upload('FILE-B'))).toMatchObject({ status: 422 })
    expect(await post(url, upload('FILE-A', 'other'))).toMatchObject({ status: 422 })
  })

  test.each<[string, Leaves]>([
    ['whose file went elsewhere', raw => ({ body: { title: 'receipt' }, uploaded: fileOf(raw) })],
    ['that left nothing', () => ({})],
    ['that left the empty object of Express 4', () => ({ body: {} })],
    ['that left no files', () => ({ body: { title: 'receipt' }, files: {} })],
    ['that left an empty list of files', () => ({ body: { title: 'receipt' }, files: [] })],
    ['that left its fields alone', () => ({ body: { title: 'receipt', raw: '7' } })],
    ['whose bytes went elsewhere', raw => ({ body: titleOf(raw), picture: fileOf(raw) })],
    ['whose file went to req.upload', raw => ({ body: titleOf(raw), upload: { hash: String(fileOf(raw)) } })],
    ['whose files went to req.savedFiles', raw => ({ body: titleOf(raw), files: [], savedFiles: [raw] })],
    [
      'with a file that is only somewhere else',
      raw => ({ body: titleOf(raw), file: { ...meta, location: 's3://' } }),
    ],
    ['with a file that is gone', raw => ({ body: titleOf(raw), file: { ...meta, path: '/nowhere/at/all' } })],
    ['with a stream', () => ({ body: titleOf(''), files: { slip: { stream: Readable.from(['x']) } } })],
  ])('read by a parser %s executes nothing', async (_, leaves) => {
    const { url, seen } = await expressShop(leaves)
    const answer = await post(url, upload('FILE-A'))
    expect(answer.status).toBe(500)
    expect(JSON.stringify(answer.body)).toMatch(/option payload|cannot be read again/)
    expect(seen).toEqual([])
  })

  test('counts by what `payload` says', async () => {
    const leaves: Leaves = raw => ({ body: { title: 'receipt' }, uploaded: { hash: String(fileOf(raw)) } })
    const payload = (request: express.Request) => [request.body, (request as { uploaded?: unknown }).uploaded]
    const { url } = await expressShop(leaves, { payload })
    expect(await post(url, upload('FILE-A'))).toMatchObject({ status: 201 })
    expect(await post(url, upload('FILE-A'))).toMatchObject({ replayed: true })
    expect(await post(url, upload('FILE-B'))).toMatchObject({ status: 422 })
  })

  test.each<[string, Leaves]>([
    ['multer', () => ({ body: Object.assign(Object.create(null) as object, { title: 'receipt' }) })],
    [
      'multer, with a list for files',
      () => ({ body: Object.assign(Object.create(null) as object, { title: 'receipt' }), files: [] }),
    ],
    [
      'multer, with a table for files',
      () => ({
        body: Object.assign(Object.create(null) as object, { title: 'receipt' }),
        files: Object.create(null) as object,
      }),
    ],
    ['a parser of one’s own', () => ({ body: { title: 'receipt' }, files: {} })],
    ['a parser of one’s own, in lists', () => ({ body: { title: ['receipt'] }, files: [] })],
    ['formidable', () => ({ fields: { title: ['receipt'] }, files: {} })],
    ['express.text', raw => ({ body: raw })],
    ['express.raw', raw => ({ body: Buffer.from(raw) })],
  ])('that has only fields, read by %s, is its fields', async (_, leaves) => {
    const { url, seen } = await expressShop(leaves)
    const fields = () => {
      const form = new FormData()
      form.set('title', 'receipt')
      return form
    }
    expect(await post(url, fields())).toMatchObject({ status: 201, replayed: false })
    expect(await post(url, fields())).toMatchObject({ status: 201, replayed: true })
    expect(seen).toHaveLength(1)
  })

  test('that has only fields with headers of their own, as some clients send them, is multer’s fields', async () => {
    const body = Object.assign(Object.create(null) as object, { title: 'receipt' })
    const { url } = await expressShop(() => ({ body, profile: { name: 'anna' }, fileError: 'none' }))
    const part =
      'Content-Disposition: form-data; name="title"\r\nContent-Type: text/plain; charset=UTF-8\r\n' +
      'Content-Transfer-Encoding: 8bit\r\nContent-Length: 7\r\n\r\nreceipt'
    const type = 'multipart/form-data; boundary=b7'
    expect(await post(url, `--b7\r\n${part}\r\n--b7--\r\n`, type)).toMatchObject({ status: 201 })
  })

  test('without files is its fields', async () => {
    const { url } = await expressShop(raw => ({ body: titleOf(raw) }))
    expect(await post(url, upload('FILE-A'))).toMatchObject({ status: 201 })
  })
  afterAll(() => rmSync(folder, { recursive: true }))
})

describe('behind Express, a body', () => {
  async function parsing(...parsers: express.RequestHandler[]) {
    const app = express()
    const seen: unknown[] = []
    app.use(...parsers)
    app.post(
      '/upload',
      idempotent(guard(), async (request: express.Request, response: express.Response) => {
        seen.push(request.body)
        response.status(201).end()
      }),
    )
    return { url: await urlOf(app.listen(0, '127.0.0.1')), seen }
  }

  test.each<[string, express.RequestHandler, string, string, string]>([
    ['JSON', express.json(), 'application/json', '{"a":1}', '{"a":2}'],
    [
      'a form',
      express.urlencoded({ extended: true }),
      'application/x-www-form-urlencoded',
      'a[b]=1',
      'a[b]=2',
    ],
    ['text', express.text(), 'text/plain', 'a', 'b'],
    ['bytes', express.raw(), 'application/octet-stream', '\0\x01', '\0\x02'],
  ])('of %s counts', async (_, parser, type, one, other) => {
    const { url, seen } = await parsing(parser)
    expect(await post(url, one, type)).toMatchObject({ status: 201 })
    expect(await post(url, one, type)).toMatchObject({ status: 201, replayed: true })
    expect(await post(url, other, type)).toMatchObject({ status: 422 })
    expect(seen).toHaveLength(1)
  })

  test.each([
    ['as Express 5 leaves it', undefined],
    ['as Express 4 leaves it', {}],
  ])('of a type that no parser takes, as curl sends it, %s: the handler sees it as ever', async (_, body) => {
    const leaves: express.RequestHandler = (request, _response, next) => {
      request.body = body
      next()
    }
    const { url, seen } = await parsing(express.json(), leaves)
    const type = 'application/x-www-form-urlencoded'
    expect(await post(url, '{"a":1}', type)).toMatchObject({ status: 201 })
    expect(await post(url, '{"a":2}', type)).toMatchObject({ status: 422 })
    expect(seen).toEqual([body])
  })

  test('over the limit that nobody has read is refused', async () => {
    const app = express()
    const once = createIdempotency({
      store: memoryStore({ maxSettled: Infinity }),
      scope: 's',
      maxBodyBytes: 9,
    })
    app.post(
      '/upload',
      idempotent(once, (_: express.Request, response: express.Response) => void response.end()),
    )
    const url = await urlOf(app.listen(0, '127.0.0.1'))
    expect(await post(url, '0123456789')).toMatchObject({ status: 413, code: 'body-too-large' })
  })
})

describe('behind Fastify, an upload', () => {
  async function shop(prepare: (app: FastifyInstance) => unknown, isRead = false) {
    const app: FastifyInstance = Fastify()
    prepare(app)
    const seen: string[] = []
    app.post(
      '/upload',
      idempotentInFastify(guard(), async (request: FastifyRequest, reply: FastifyReply) => {
        let raw = ''
        if (!isRead) for await (const chunk of request.raw) raw += String(chunk)
        seen.push(raw)
        return reply.code(201).send({ run: seen.length })
      }),
    )
    await app.listen({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => app.close())
    return { url: await urlOf(app.server), seen }
  }

  test('that the parser leaves to the handler counts whole, and is there for it', async () => {
    const { url, seen } = await shop(app =>
      app.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null)),
    )
    expect(await post(url, upload('FILE-A'))).toMatchObject({ status: 201 })
    expect(seen[0]).toContain('FILE-A')
    expect(await post(url, upload('FILE-A'))).toMatchObject({ replayed: true })
    expect(await post(url, upload('FILE-B'))).toMatchObject({ status: 422 })
  })

  test('that is given on as its stream counts whole', async () => {
    const { url } = await shop(app =>
      app.addContentTypeParser('multipart/form-data', (_request, payload, done) => done(null, payload)),
    )
    expect(await post(url, upload('FILE-A'))).toMatchObject({ status: 201 })
    expect(await post(url, upload('FILE-B'))).toMatchObject({ status: 422 })
  })

  const part = (raw: string) => {
    const body: Record<string, unknown> = {}
    const fields = { fields: body, fieldname: 'slip' }
    body['title'] = { ...fields, type: 'field', fieldname: 'title', value: 'receipt' }
    body['slip'] = {
      ...fields,
      type: 'file',
      filename: 'slip.txt',
      mimetype: 'text/plain',
      file: Readable.from([]),
      _buf: fileOf(raw),
    }
    return body
  }
  test.each<[string, (raw: string) => unknown]>([
    ['in parts (attachFieldsToBody: true)', part],
    ["in values (attachFieldsToBody: 'keyValues')", raw => ({ title: 'receipt', slip: fileOf(raw) })],
  ])('that @fastify/multipart leaves %s counts', async (_, leaves) => {
    const { url } = await shop(
      app =>
        app.addContentTypeParser('multipart/form-data', { parseAs: 'string' }, (_request, raw, done) =>
          done(null, leaves(String(raw))),
        ),
      true,
    )
    expect(await post(url, upload('FILE-A'))).toMatchObject({ status: 201 })
    expect(await post(url, upload('FILE-A'))).toMatchObject({ replayed: true })
    expect(await post(url, upload('FILE-B'))).toMatchObject({ status: 422 })
  })

  test('that was read and left nowhere executes nothing', async () => {
    const { url, seen } = await shop(
      app =>
        app.addContentTypeParser('multipart/form-data', { parseAs: 'string' }, (_request, _raw, done) =>
          done(null, undefined),
        ),
      true,
    )
    expect(await post(url, upload('FILE-A'))).toMatchObject({ status: 500 })
    expect(seen).toEqual([])
  })
})

test('a body of HTTP/2 without a length is read, and counts', async () => {
  const serve = guard().wrap(async request => new Response(await request.text(), { status: 201 }))
  const server = createHttp2(nodeListener(serve) as never).listen(0, '127.0.0.1')
  await event(server, 'listening')
  onTestFinished(() => void server.close())
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => client.close())
  const send = async (body: string) => {
    const request = client.request({ ':method': 'POST', ':path': '/upload', 'idempotency-key': 'k1' })
    request.end(body)
    const [headers] = (await event(request, 'response')) as [Record<string, unknown>]
    return [
      headers[':status'],
      Buffer.concat((await request.toArray()) as Buffer[])
        .toString()
        .slice(0, 6),
    ]
  }
  expect(await send('FILE-A')).toEqual([201, 'FILE-A'])
  expect(await send('FILE-A')).toEqual([201, 'FILE-A'])
  expect((await send('FILE-B'))[0]).toBe(422)
})

test('a scope made of the host keeps two hosts of HTTP/2 apart', async () => {
  const once = createIdempotency({
    store: memoryStore({ maxSettled: Infinity }),
    scope: request => `${new URL(request.url).host} ${request.headers.get('host')}`,
  })
  const serve = once.wrap(async (_, { scope }) => new Response(scope, { status: 201 }))
  const server = createHttp2(nodeListener(serve) as never).listen(0, '127.0.0.1')
  await event(server, 'listening')
  onTestFinished(() => void server.close())
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => client.close())
  const send = async (host: string) => {
    const request = client.request({
      ':method': 'POST',
      ':path': '/orders',
      ':authority': host,
      'idempotency-key': 'k1',
    })
    request.end('{}')
    return Buffer.concat((await request.toArray()) as Buffer[]).toString()
  }
  expect(await send('anna.example')).toBe('anna.example anna.example')
  expect(await send('bert.example:8443')).toBe('bert.example:8443 bert.example:8443')
})

describe('a Fetch-style handler', () => {
  test('sees the same payload under another boundary, also one that 0.1.0 wrote down', async () => {
    const { process, store } = trialServer()
    const body = (boundary: string, text: string) => ({
      body: `--${boundary}\r\ncontent-disposition: form-data; name=a\r\n\r\n${text}\r\n--${boundary}--\r\n`,
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    })
    const handler = () => new Response('done', { status: 201 })
    const once = process()
    expect(await told(once.handle(webPost('k1', body('one', 'x')), handler))).toMatchObject({ status: 201 })
    expect(await told(once.handle(webPost('k1', body('two', 'x')), handler))).toMatchObject({
      replayed: true,
    })
    expect(await told(once.handle(webPost('k1', body('two', 'y')), handler))).toMatchObject({ status: 422 })
    // SHA-256 of `POST /orders`, a line end, and the body's bytes, as version 0.1.0 hashed it.
    const fingerprint = '21e36f3e20105bd649ba4b26b16498a9a20b72612a8ae6474654bf11c24ffdec'
    const answer = { status: 201, headers: [], body: 'earlier', form: 'text' }
    const record = {
      v: 1,
      owner: 'o',
      write: 1,
      createdAt: 1,
      changedAt: 1,
      fingerprint,
      state: 'succeeded',
      answer,
    }
    await store.set('ss1/shop/k2', JSON.stringify(record), { expected: null, open: false })
    expect(await told(once.handle(webPost('k2', body('one', 'x')), handler))).toMatchObject({
      body: 'earlier',
    })
    expect(await told(once.handle(webPost('k2', body('two', 'x')), handler))).toMatchObject({ status: 422 })
  })

  test('behind middleware that has read the body says by `payload` what was read', async () => {
    const once = guard()
    const handler = () => new Response('done', { status: 201 })
    const read = async (item: string) => {
      const request = webPost('k1', { body: JSON.stringify({ item }) })
      return [request, await request.json()] as const
    }
    const [unsaid] = await read('tea')
    await expect(once.handle(unsaid, handler)).rejects.toThrow('the option payload')
    for (const [item, status] of [
      ['tea', 201],
      ['tea', 201],
      ['coffee', 422],
    ] as const) {
      const [request, payload] = await read(item)
      expect((await once.handle(request, handler, { payload })).status).toBe(status)
    }
  })
})

describe('the text of a payload', () => {
  class Amount {
    readonly #cents: number
    constructor(cents: number) {
      this.#cents = cents
    }
    toJSON() {
      return { cents: this.#cents }
    }
  }
  const form = (value: string) => {
    const data = new FormData()
    data.set('a', value)
    return data
  }
  test.each<[string, unknown, unknown]>([
    ['bytes', { a: Buffer.from('1') }, { a: Buffer.from('2') }],
    ['an ArrayBuffer', new Uint8Array([1]).buffer, new Uint8Array([2]).buffer],
    ['a Map', new Map([['a', 1]]), new Map([['a', 2]])],
    ['a Set', new Set([1]), new Set([2])],
    ['a form', form('1'), form('2')],
    ['a file', new File(['1'], 'a'), new File(['2'], 'a')],
    ['a file’s name', new File(['1'], 'a'), new File(['1'], 'b')],
    ['a query', new URLSearchParams('a=1'), new URLSearchParams('a=2')],
    ['a bigint', { a: 1n }, { a: 2n }],
    ['a bigint, and the number', { a: 1n }, { a: 1 }],
    ['what JSON makes null of', { a: Number.NaN }, { a: null }],
    ['a date', new Date(1), new Date(2)],
    ['bytes, and their text', Buffer.from('a'), 'a'],
    ['a class that says what it is', new Amount(1), new Amount(2)],
  ])('tells %s apart, and gives the same for the same', async (_, one, other) => {
    expect(await payloadText(one, 'body')).toBe(await payloadText(one, 'body'))
    expect(await payloadText(one, 'body')).not.toBe(await payloadText(other, 'body'))
  })

  test('of plain data is its JSON', async () => {
    const value = { b: [1, 'x', null, true], a: { 'y"': -1.5 } }
    expect(await payloadText(value, 'body')).toBe('{"b":[1,"x",null,true],"a":{"y\\"":-1.5}}')
  })

  test.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
    ['lists beside other parts', '[1,', ',2]'],
    ['objects in lists', '[{"a":1,"b":', '}]'],
  ])(
    'of data that is 5,000 %s deep is its JSON: no client can nest deeper than the stack',
    async (_, open, close) => {
      const text = `${open.repeat(5000)}"tea"${close.repeat(5000)}`
      expect((await payloadText(JSON.parse(text), 'body')) === text).toBe(true)
    },
  )

  test('of one object in two places is no circle, however deep', async () => {
    const shared = JSON.parse(`${'['.repeat(300)}${']'.repeat(300)}`) as unknown
    const text = `[${'['.repeat(300)}${']'.repeat(300)},${'['.repeat(300)}${']'.repeat(300)}]`
    expect(await payloadText([shared, shared], 'body')).toBe(text)
  })

  const circle: Record<string, unknown> = {}
  circle['a'] = circle
  test.each<[string, unknown, string]>([
    ['a stream', { a: Readable.from(['x']) }, 'body.a: is a stream'],
    ['a web stream', [new ReadableStream()], 'body[0]: is a stream'],
    [
      'a class that hides its data',
      new (class Money {
        readonly #amount = 1
        get amount() {
          return this.#amount
        }
      })(),
      'body: is of class Money',
    ],
    [
      'a class that hides a part of its data',
      [
        new (class Price {
          currency = 'EUR'
          readonly #amount = 1
          get amount() {
            return this.#amount
          }
        })(),
      ],
      'body[0]: is of class Price',
    ],
    ['a promise', { a: Promise.resolve(1) }, 'body.a: is of class Promise'],
    ['a circle', circle, 'body.a: is a circle'],
    ['a function', () => 1, 'body: is a function'],
  ])('refuses %s', async (_, value, message) => {
    await expect(payloadText(value, 'body')).rejects.toThrow(message)
  })
})
