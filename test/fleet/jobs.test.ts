import { execFileSync, fork, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import buildPackage from '../global-setup.ts'
import { startPayments } from './harness/payments.ts'
import { startPostgres } from './harness/postgres-server.ts'
import { startRedis } from './harness/redis-server.ts'

const folder = fileURLToPath(new URL('jobs/', import.meta.url))
const root = fileURLToPath(new URL('../../', import.meta.url))
const required = createRequire(`${folder}package.json`)

/** What the tests use of the queues, which lie in a folder of their own. */
type BullMq = {
  readonly Queue: new (
    name: string,
    options: { readonly connection: object },
  ) => {
    readonly add: (name: string, data: object, options: { readonly jobId: string }) => Promise<unknown>
    readonly getJob: (
      id: string,
    ) => Promise<{ readonly getState: () => Promise<string>; readonly returnvalue: unknown } | undefined>
    readonly close: () => Promise<void>
  }
}
type PgBossPackage = {
  readonly PgBoss: new (options: { readonly connectionString: string }) => {
    readonly start: () => Promise<unknown>
    readonly stop: (options: { readonly graceful: boolean }) => Promise<void>
    readonly createQueue: (name: string) => Promise<void>
    readonly send: (name: string, data: object, options: object) => Promise<string | null>
    readonly findJobs: (
      name: string,
      by: { readonly id: string },
    ) => Promise<readonly { readonly state: string; readonly output: unknown }[]>
  }
}

const children = new Set<ChildProcess>()
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
})

/** Installs the queues where their lock has changed, and the package as it is built now. */
beforeAll(async () => {
  const lock = readFileSync(`${folder}package-lock.json`, 'utf8')
  const installed = `${folder}node_modules/.installed-lock`
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== lock) {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder, stdio: 'pipe' })
    writeFileSync(installed, lock)
  }
  rmSync(`${folder}node_modules/stillonce`, { recursive: true, force: true })
  symlinkSync(root, `${folder}node_modules/stillonce`, 'junction')
  await buildPackage()
})

function startWorker(program: string, env: Readonly<Record<string, string>>): ChildProcess {
  const child = fork(`${folder}${program}`, [], { execArgv: [], env: { ...process.env, ...env } })
  children.add(child)
  return child
}

/** A payment server that kills a worker when its first charge has been executed, before the answer. */
async function payments() {
  let worker: ChildProcess | undefined
  const server = await startPayments(() => {
    if (worker === undefined) return false
    worker.kill('SIGKILL')
    worker = undefined
    return true
  })
  onTestFinished(server.close)
  return {
    ...server,
    kills: (child: ChildProcess) => {
      worker = child
    },
  }
}

test('BullMQ: the worker is killed after the charge was sent, the job comes again: one charge', async () => {
  const redis = await startRedis()
  onTestFinished(redis.stop)
  const server = await payments()
  const { Queue } = required('bullmq') as BullMq
  const queue = new Queue('charges', { connection: { host: '127.0.0.1', port: redis.port } })
  onTestFinished(() => queue.close())
  const env = { REDIS_URL: redis.url, PAYMENTS_URL: server.url }

  const first = startWorker('bullmq-worker.mjs', env)
  server.kills(first)
  await queue.add('charge', {}, { jobId: 'in-7' })
  await once(first, 'exit')
  expect(server.effects).toEqual(new Map([['in-7', 1]]))

  startWorker('bullmq-worker.mjs', env)
  await expect
    .poll(async () => (await queue.getJob('in-7'))?.getState(), { timeout: 60_000, interval: 100 })
    .toBe('completed')
  expect((await queue.getJob('in-7'))?.returnvalue).toEqual({ order: 'in-7', charge: 'ch_1' })
  expect(server.effects).toEqual(new Map([['in-7', 1]]))
  expect(server.keys.get('in-7')?.size).toBe(1)
})

test('pg-boss: the worker is killed after the charge was sent, the job comes again: one charge', async () => {
  const postgres = await startPostgres()
  onTestFinished(postgres.stop)
  const server = await payments()
  const { PgBoss } = required('pg-boss') as PgBossPackage
  const boss = new PgBoss({ connectionString: postgres.url })
  await boss.start()
  onTestFinished(() => boss.stop({ graceful: false }))
  await boss.createQueue('charges')
  const env = { DATABASE_URL: postgres.url, PAYMENTS_URL: server.url }

  const first = startWorker('pg-boss-worker.mjs', env)
  server.kills(first)
  const id = await boss.send('charges', {}, { expireInSeconds: 3, retryLimit: 3, retryDelay: 0 })
  if (id === null) throw new Error('the job was not taken')
  await once(first, 'exit')
  expect(server.effects).toEqual(new Map([[id, 1]]))

  startWorker('pg-boss-worker.mjs', env)
  await expect
    .poll(async () => (await boss.findJobs('charges', { id }))[0]?.state, { timeout: 90_000, interval: 200 })
    .toBe('completed')
  expect((await boss.findJobs('charges', { id }))[0]?.output).toEqual({ order: id, charge: 'ch_1' })
  expect(server.effects).toEqual(new Map([[id, 1]]))
  expect(server.keys.get(id)?.size).toBe(1)
})
