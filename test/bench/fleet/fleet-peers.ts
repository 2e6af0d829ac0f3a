import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { createClient } from 'redis'
import type { Contestant } from './bench-fleet.ts'
import { nextCall, RESULT } from './fleet-server.ts'

/* Packages of their own, which the repository does not have: peers/package-lock.json says which. */
const FOLDER = fileURLToPath(new URL('peers/', import.meta.url))

export function installPeers(): void {
  const installed = `${FOLDER}node_modules/.package-lock.json`
  const wanted = `${FOLDER}package-lock.json`
  const isCurrent =
    existsSync(installed) && versionsIn(installed).every(version => versionsIn(wanted).includes(version))
  if (isCurrent) return
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: FOLDER, stdio: 'inherit' })
}

function versionsIn(path: string): string[] {
  const { packages } = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly version?: string }>>
  }
  return Object.entries(packages).flatMap(([name, { version }]) => (name === '' ? [] : `${name}@${version}`))
}

type Once = (event: ReturnType<typeof nextCall>) => Promise<unknown>

type Powertools = {
  readonly makeIdempotent: (
    work: Once,
    options: { readonly persistenceStore: unknown; readonly config: unknown },
  ) => Once
  readonly IdempotencyConfig: new (options: object) => {
    readonly registerLambdaContext: (context: { readonly getRemainingTimeInMillis: () => number }) => void
  }
}

type Cache = {
  readonly CachePersistenceLayer: new (options: { readonly client: unknown }) => unknown
}

type Request = {
  readonly method: string
  readonly path: string
  readonly headers: object
  readonly body: unknown
}

type NodeIdempotency = {
  readonly Idempotency: new (storage: unknown) => {
    readonly onRequest: (request: Request) => Promise<unknown>
    readonly onResponse: (request: Request, response: { readonly body: unknown }) => Promise<unknown>
  }
}

type RedisStorage = {
  readonly RedisStorageAdapter: new (options: { readonly url: string }) => {
    readonly connect: () => Promise<void>
    readonly disconnect: () => Promise<void>
  }
}

/** Each as its own page says; both compare the payload, as ours does. */
export async function peersOn(url: string): Promise<Contestant[]> {
  const require = createRequire(`${FOLDER}package.json`)
  const { makeIdempotent, IdempotencyConfig } = require('@aws-lambda-powertools/idempotency') as Powertools
  const { CachePersistenceLayer } = require('@aws-lambda-powertools/idempotency/cache') as Cache
  const { Idempotency } = require('@node-idempotency/core') as NodeIdempotency
  const { RedisStorageAdapter } = require('@node-idempotency/storage-adapter-redis') as RedisStorage

  const config = new IdempotencyConfig({
    eventKeyJmesPath: 'key',
    payloadValidationJmesPath: 'body',
    expiresAfterSeconds: 86_400,
  })
  config.registerLambdaContext({ getRemainingTimeInMillis: () => 30_000 })
  const client = await createClient({ url }).connect()
  const lambda = makeIdempotent(async () => RESULT, {
    persistenceStore: new CachePersistenceLayer({ client }),
    config,
  })

  const storage = new RedisStorageAdapter({ url })
  await storage.connect()
  const once = new Idempotency(storage)
  return [
    { name: 'Powertools', one: () => lambda(nextCall()), end: () => client.close() },
    {
      name: 'node-idempotency',
      end: () => storage.disconnect(),
      one: async () => {
        const { key, body } = nextCall()
        const request = { method: 'POST', path: '/orders', headers: { 'idempotency-key': key }, body }
        if ((await once.onRequest(request)) !== undefined) throw new Error('A key of its own was known.')
        await once.onResponse(request, { body: RESULT })
      },
    },
  ]
}
