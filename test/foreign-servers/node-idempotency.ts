import { createRequire } from 'node:module'
import express from 'express'
import Fastify from 'fastify'
import { defineProfile } from '../../src/entries/index.ts'
import type { ForeignServer } from './foreign-server.ts'
import type { NodeIdempotency, NodeIdempotencyMemory } from './shapes.ts'

const require = createRequire(import.meta.url)
const { Idempotency, IdempotencyError } = require('@node-idempotency/core') as NodeIdempotency
const { MemoryStorageAdapter } = require('@node-idempotency/storage-adapter-memory') as NodeIdempotencyMemory

const SOURCE = 'https://github.com/mahendraHegde/node-idempotency'

/* The core of node-idempotency, mounted by hand: its plugins for Express and Fastify are built so, too. */

const profile = defineProfile({
  name: 'node-idempotency',
  honoursKeys: true,
  rules: [
    { status: 409, code: 'REQUEST_IN_PROGRESS', means: 'processing', source: SOURCE },
    { status: 422, code: 'IDEMPOTENCY_FINGERPRINT_MISSMATCH', means: 'mismatch', source: SOURCE },
  ],
  replayed: { header: 'Idempotency-Replayed', value: 'true' },
})

export const nodeIdempotencyExpress: ForeignServer = {
  open: work => {
    const once = new Idempotency(new MemoryStorageAdapter())
    const app = express()
    app.use(express.json())
    app.post('/orders', async (request, response) => {
      const asked = askedOf(request.method, request.path, request.headers, request.body)
      try {
        const known = await once.onRequest(asked)
        if (known !== undefined) {
          response.status(statusOf(known)).set('idempotency-replayed', 'true').json(known.body)
          return
        }
      } catch (error) {
        const { status, code } = refusalOf(error)
        response.status(status).json({ code })
        return
      }
      const { status, body } = await work(request.body as { item: string })
      await once.onResponse(asked, { body, additional: { status } })
      response.status(status).json(body)
    })
    return app
  },
  profile,
}

/** By hooks, so that what a handler throws is stored as its answer, too. */
export const nodeIdempotencyFastify: ForeignServer = {
  open: async work => {
    const once = new Idempotency(new MemoryStorageAdapter())
    const app = Fastify()
    const told = new WeakSet<object>()
    app.addHook('preHandler', async (request, reply) => {
      try {
        const known = await once.onRequest(
          askedOf(request.method, request.url, request.headers, request.body),
        )
        if (known === undefined) return
        told.add(request)
        return await reply.code(statusOf(known)).header('idempotency-replayed', 'true').send(known.body)
      } catch (error) {
        told.add(request)
        const { status, code } = refusalOf(error)
        return reply.code(status).send({ code })
      }
    })
    app.addHook('onSend', async (request, reply, payload) => {
      if (told.has(request)) return payload
      const asked = askedOf(request.method, request.url, request.headers, request.body)
      const body: unknown = JSON.parse(String(payload))
      await once.onResponse(asked, { body, additional: { status: reply.statusCode } })
      return payload
    })
    app.post('/orders', async (request, reply) => {
      const { status, body } = await work(request.body as { item: string })
      return reply.code(status).send(body)
    })
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
  profile,
}

function askedOf(method: string, path: string, headers: object, body: unknown) {
  return { method, path, headers: { ...headers }, body }
}

function statusOf({ additional }: { readonly additional?: Readonly<Record<string, unknown>> }): number {
  return Number(additional?.['status'])
}

function refusalOf(error: unknown): { readonly status: number; readonly code: string } {
  if (!(error instanceof IdempotencyError)) throw error
  const { code } = error
  const statuses: Readonly<Record<string, number>> = {
    REQUEST_IN_PROGRESS: 409,
    IDEMPOTENCY_FINGERPRINT_MISSMATCH: 422,
  }
  return { status: statuses[code] ?? 400, code }
}
