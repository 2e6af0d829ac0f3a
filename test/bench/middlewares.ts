import type { Response as ExpressResponse } from 'express'
import type { RequestListener } from 'node:http'

const ANSWER = { order: 1, state: 'accepted', amount: 4_200 }

const work = async () => ({ status: 201, body: ANSWER })

const scope = 'shop'

/** The platform's Response with what the others answer, after the body was read as they do. */
async function place(request: Request): Promise<Response> {
  await request.json()
  return Response.json(ANSWER, { status: 201 })
}

/** The same shop behind each, over HTTP. Each is imported by the process that measures it, and by no other. */
export const MIDDLEWARES = {
  'node:http, nothing between': async () => {
    const { nodeListener } = await import('stillonce/server/node')
    return nodeListener(place)
  },
  'node:http + stillonce': async () => {
    const { nodeListener } = await import('stillonce/server/node')
    return nodeListener((await stillonce()).wrap(place))
  },
  'Express, nothing between': async () => {
    const { default: express } = await import('express')
    const app = express()
    app.post('/orders', express.json(), (_, response) => void response.status(201).json(ANSWER))
    return app
  },
  'Express + stillonce': async () => {
    const { default: express } = await import('express')
    const { idempotent } = await import('stillonce/server/node')
    const app = express()
    const handler = (_: unknown, response: ExpressResponse) => void response.status(201).json(ANSWER)
    app.post('/orders', express.json(), idempotent(await stillonce(), handler))
    return app
  },
  'Express + express-idempotency': async () =>
    (await import('../foreign-servers/express-idempotency.ts')).expressIdempotency.open(work),
  'Express + node-idempotency': async () =>
    (await import('../foreign-servers/node-idempotency.ts')).nodeIdempotencyExpress.open(work),
  'Express + Powertools': async () =>
    (await import('../foreign-servers/powertools.ts')).powertools.open(work),
} as const satisfies Record<string, () => Promise<RequestListener>>

export type FetchHandler = (request: Request) => Promise<Response>

export type MiddlewareName = keyof typeof MIDDLEWARES

/** The same without HTTP: Fetch in, Fetch out. */
export const HANDLERS = {
  'a Fetch handler': async () => place,
  'a Fetch handler + stillonce': async () => (await stillonce()).wrap(place),
} as const satisfies Record<string, () => Promise<FetchHandler>>

export type HandlerName = keyof typeof HANDLERS

async function stillonce() {
  const { memoryStore } = await import('stillonce')
  const { createIdempotency } = await import('stillonce/server')
  return createIdempotency({ store: memoryStore({ maxSettled: Infinity }), scope })
}
