import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import express from 'express'
import type { FastifyInstance } from 'fastify'
import Fastify from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createIdempotency } from '../../src/entries/server.ts'
import { fetchRoute, idempotent as idempotentInFastify } from '../../src/server/adapters/fastify.ts'
import { idempotent, nodeListener } from '../../src/server/adapters/node.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'

/* Bodies that somebody before the adapter has read, has begun to read, or has prepared in another way. */

function guard(errors: unknown[] = []) {
  return createIdempotency({
    store: memoryStore({ maxSettled: Infinity }),
    scope: 'shop',
    timeout: 2_000,
    onError: error => errors.push(error),
  })
}

async function portOf(server: Server): Promise<number> {
  if (!server.listening) await new Promise(resolve => server.once('listening', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

type Sent = {
  readonly body?: string
  readonly type?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly chunked?: boolean
  readonly key?: string
}

/** Status, whether it is a replay, and the text. */
function post(port: number, { body = '', type = 'application/json', headers, chunked, key = 'k1' }: Sent) {
  return new Promise<readonly [status: number | undefined, replayed: boolean, text: string]>(
    (resolve, reject) => {
      const length =
        chunked === true ? { 'transfer-encoding': 'chunked' } : { 'content-length': Buffer.byteLength(body) }
      const sent = httpRequest(
        {
          port,
          path: '/orders',
          method: 'POST',
          agent: false,
          headers: { 'idempotency-key': key, 'content-type': type, ...length, ...headers },
        },
        answer => {
          let text = ''
          answer.on('data', chunk => (text += String(chunk)))
          answer.on('end', () =>
            resolve([answer.statusCode, answer.headers['idempotent-replayed'] === 'true', text]),
          )
        },
      )
      sent.on('error', reject)
      if (chunked === true && body !== '') sent.write(body)
      sent.end(chunked === true ? undefined : body)
    },
  )
}

const tellErrors = (
  error: Error,
  _: express.Request,
  response: express.Response,
  _next: express.NextFunction,
) => void response.status(500).send(error.message)

async function expressShop(before: readonly express.RequestHandler[], handler: express.RequestHandler) {
  const app = express()
  app.post('/orders', ...before, idempotent(guard(), handler))
  app.use(tellErrors)
  return portOf(app.listen(0, '127.0.0.1'))
}

async function fastifyShop(prepare: (app: FastifyInstance) => unknown) {
  const app: FastifyInstance = Fastify()
  await prepare(app)
  await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => app.close())
  return (app.server.address() as AddressInfo).port
}

const multipart = (file: string) => ({
  type: 'multipart/form-data; boundary=b7',
  body: [
    '--b7\r\nContent-Disposition: form-data; name="title"\r\n\r\nreceipt\r\n',
    `--b7\r\nContent-Disposition: form-data; name="slip"; filename="slip.txt"\r\n\r\n${file}\r\n--b7--\r\n`,
  ].join(''),
})

/** Reads all, as a parser of one's own does. */
const reading =
  (leave: (request: express.Request, raw: string) => void): express.RequestHandler =>
  (request, _response, next) => {
    let raw = ''
    request.on('data', chunk => (raw += String(chunk)))
    request.on('end', () => {
      leave(request, raw)
      next()
    })
  }

describe('a Fetch-style handler behind a parser', () => {
  const echo = () => guard().wrap(async request => new Response(await request.text(), { status: 201 }))

  async function listener(parser: express.RequestHandler, errors: unknown[] = []) {
    const app = express()
    const onError = (error: unknown) => errors.push(error)
    app.post('/orders', parser, nodeListener(echo(), { onError }))
    return portOf(app.listen(0, '127.0.0.1'))
  }

  test.each<[what: string, parser: express.RequestHandler, type: string, one: string, other: string]>([
    ['JSON', express.json(), 'application/json', '{"a":1}', '{"a":2}'],
    ['a text', express.text(), 'text/plain', 'tea', 'coffee'],
    ['JSON as a text', express.text({ type: '*/*' }), 'application/json', '{"a":1}', '{"a":2}'],
    ['bytes', express.raw({ type: '*/*' }), 'application/x-own', 'tea', 'coffee'],
    ['what JSON says', express.json({ strict: false }), 'application/json', '"5"', '5'],
    ['what no parser takes', express.json(), 'text/plain', 'tea', 'coffee'],
  ])('has %s again, and it counts', async (_, parser, type, one, other) => {
    const port = await listener(parser)
    expect(await post(port, { body: one, type })).toEqual([201, false, one])
    expect(await post(port, { body: one, type })).toEqual([201, true, one])
    expect((await post(port, { body: other, type }))[0]).toBe(422)
  })

  test.each<[what: string, parser: express.RequestHandler, sent: Sent]>([
    [
      'a form',
      express.urlencoded({ extended: true }),
      { body: 'a=1', type: 'application/x-www-form-urlencoded' },
    ],
    ['an upload', reading(request => (request.body = { title: 'receipt' })), multipart('A')],
    ['what is left nowhere', reading(() => {}), { body: '{"a":1}' }],
    ['what Express 4 leaves', reading(request => (request.body = {})), { body: '{"a":1}' }],
  ])('cannot have %s again: the owner is told, and nothing is executed', async (_, parser, sent) => {
    const errors: unknown[] = []
    const port = await listener(parser, errors)
    expect((await post(port, sent))[0]).toBe(500)
    expect(errors).toMatchObject([{ code: 'configuration' }])
  })

  test('warns of it where nobody is told', async () => {
    const warned = once(process, 'warning')
    const app = express()
    app.post(
      '/orders',
      reading(() => {}),
      nodeListener(echo()),
    )
    const port = await portOf(app.listen(0, '127.0.0.1'))
    expect((await post(port, { body: '{"a":1}' }))[0]).toBe(500)
    expect(await warned).toMatchObject([{ message: expect.stringContaining('request.body: was read') }])
  })

  test('that says by `payload` what counts runs as ever', async () => {
    const app = express()
    const idempotency = guard()
    const serve = (request: Request, incoming: express.Request) =>
      idempotency.handle(request, async () => Response.json(incoming.body), { payload: incoming.body })
    app.post('/orders', express.urlencoded(), nodeListener(serve))
    const port = await portOf(app.listen(0, '127.0.0.1'))
    const type = 'application/x-www-form-urlencoded'
    expect(await post(port, { body: 'a=1', type })).toEqual([200, false, '{"a":"1"}'])
    expect((await post(port, { body: 'a=2', type }))[0]).toBe(422)
  })

  test('of Fastify has the JSON, or the stream that nobody has read', async () => {
    const port = await fastifyShop(app => {
      app.addContentTypeParser('application/x-own', (_request, payload, done) => done(null, payload))
      app.addContentTypeParser('application/x-left', (_request, _payload, done) => done(null))
      app.post('/orders', fetchRoute(echo()))
    })
    let key = 0
    for (const type of ['application/json', 'application/x-own', 'application/x-left']) {
      const sent = { type, key: `k${(key += 1)}` }
      expect(await post(port, { ...sent, body: '{"a":1}' })).toEqual([201, false, '{"a":1}'])
      expect((await post(port, { ...sent, body: '{"a":2}' }))[0]).toBe(422)
    }
  })
})

describe('a stream with an encoding', () => {
  const decoding =
    (encoding: BufferEncoding): express.RequestHandler =>
    (request, _response, next) => {
      request.setEncoding(encoding)
      next()
    }

  test.each<BufferEncoding>(['utf8', 'latin1', 'base64', 'hex', 'utf16le'])(
    '%s: the handler reads what it would have, and all of it counts',
    async encoding => {
      const port = await expressShop([decoding(encoding)], async (request, response) => {
        let text = ''
        for await (const chunk of request) text += `${typeof chunk} ${String(chunk)}`
        response.send(text)
      })
      const read = Buffer.from('tea für 3 €!').toString(encoding)
      expect(await post(port, { body: 'tea für 3 €!' })).toEqual([200, false, `string ${read}`])
      expect((await post(port, { body: 'tea für 4 €!' }))[0]).toBe(422)
    },
  )

  test('reaches a Fetch-style handler as bytes', async () => {
    const serve = nodeListener(guard().wrap(async request => new Response(await request.text())))
    const server = createServer((request, response) => {
      request.setEncoding('utf8')
      serve(request, response)
    })
    const port = await portOf(server.listen(0, '127.0.0.1'))
    expect(await post(port, { body: 'tea für 3 €' })).toEqual([200, false, 'tea für 3 €'])
    expect((await post(port, { body: 'tea für 4 €' }))[0]).toBe(422)
  })

  test('of objects is a configuration error', async () => {
    const port = await fastifyShop(app => {
      app.addContentTypeParser('application/x-own', (_request, payload, done) =>
        done(null, Readable.from(payload.map(chunk => ({ chunk: String(chunk) })))),
      )
      app.post(
        '/orders',
        idempotentInFastify(guard(), async () => 'done'),
      )
    })
    const [status, , text] = await post(port, { body: 'tea', type: 'application/x-own' })
    expect([status, text]).toEqual([500, expect.stringContaining('option payload')])
  })
})

describe('a body that somebody has begun to read', () => {
  const lengthOf = async (chunks: AsyncIterable<unknown>) => {
    let length = 0
    for await (const chunk of chunks) length += String(chunk).length
    return length
  }
  const ways: Record<string, (request: express.Request) => void> = {
    'by data': request => void request.on('data', () => {}),
    'by a pipe': request => void request.pipe(new PassThrough()).resume(),
    'by an iterator': request => void lengthOf(request).catch(() => {}),
    'by readable': request => void request.on('readable', () => request.read()),
    'as a stream of the web': request => void new Response(Readable.toWeb(request) as ReadableStream).text(),
    'by letting it go': request => void request.resume(),
  }

  test.each(Object.keys(ways))('%s executes nothing: the owner is told what to do', async way => {
    for (const body of ['{"a":1}', `"${'x'.repeat(300_000)}"`])
      for (const when of ['before', 'after']) {
        const begin: express.RequestHandler = (request, _response, next) => {
          if (when === 'before') ways[way]!(request)
          next()
          if (when === 'after') ways[way]!(request)
        }
        const runs: unknown[] = []
        const port = await expressShop([begin], (_request, response) => {
          runs.push(1)
          response.end()
        })
        const [status, , text] = await post(port, { body })
        expect([status, text], `${when} ${body.length}`).toEqual([
          500,
          expect.stringContaining('option payload'),
        ])
        expect(runs).toEqual([])
      }
  })

  test('and that is only paused is whole', async () => {
    const pause: express.RequestHandler = (request, _response, next) => {
      request.pause()
      next()
    }
    const port = await expressShop([pause], async (request, response) => {
      response.send(String(await lengthOf(request)))
    })
    expect(await post(port, { body: '{"a":1}' })).toEqual([200, false, '7'])
    expect((await post(port, { body: '{"a":2}' }))[0]).toBe(422)
  })
})

describe('an empty body without a length', () => {
  const read: RequestListener = (request, response) => {
    let text = ''
    request.on('data', chunk => (text += String(chunk)))
    request.on('end', () => response.end(`read ${text}`))
  }
  const iterate = async (request: AsyncIterable<unknown>) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    return `read ${text}`
  }

  test.each<[string, express.RequestHandler]>([
    ['listens', read as express.RequestHandler],
    ['iterates', async (request, response) => void response.end(await iterate(request))],
    ['pipes', (request, response) => (response.write('read '), void request.pipe(response))],
    ['does not look', (_request, response) => void response.end('read ')],
  ])('reaches a handler of Express that %s', async (_, handler) => {
    const port = await expressShop([], handler)
    const sent = { chunked: true, type: 'application/x-own' }
    expect(await post(port, sent)).toEqual([200, false, 'read '])
    expect(await post(port, sent)).toEqual([200, true, 'read '])
    expect((await post(port, { ...sent, body: 'tea' }))[0]).toBe(422)
  })

  test('reaches one of Fastify', async () => {
    const port = await fastifyShop(app => {
      app.addContentTypeParser('application/x-own', (_request, _payload, done) => done(null))
      app.post(
        '/orders',
        idempotentInFastify(guard(), async request => iterate(request.raw)),
      )
    })
    const sent = { chunked: true, type: 'application/x-own' }
    expect(await post(port, sent)).toEqual([200, false, 'read '])
    expect(await post(port, sent)).toEqual([200, true, 'read '])
  })

  test.each<[string, RequestListener]>([
    ['idempotent', idempotent(guard(), read as never) as never],
    [
      'nodeListener',
      nodeListener(guard().wrap(async request => new Response(`read ${await request.text()}`))),
    ],
  ])('of HTTP/2 reaches %s', async (_, handler) => {
    const server = createHttp2(handler as never).listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    onTestFinished(() => void server.close())
    const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    onTestFinished(() => client.close())
    for (const key of ['k1', 'k1']) {
      const sent = client.request({ ':method': 'POST', ':path': '/orders', 'idempotency-key': key })
      sent.end()
      expect(Buffer.concat((await sent.toArray()) as Buffer[]).toString()).toBe('read ')
    }
  })
})
