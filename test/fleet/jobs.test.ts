import { once } from 'node:events'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { installJobs, required, startKillingPayments, startWorker } from './harness/jobs.ts'
import { startPostgres } from './harness/postgres-server.ts'
import { startRedis } from './harness/redis-server.ts'

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
    readonly on: (event: 'error', listener: () => void) => unknown
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
type DbosPackage = {
  readonly DBOSClient: {
    readonly create: (options: { readonly systemDatabaseUrl: string }) => Promise<{
      readonly retrieveWorkflow: (id: string) => {
        readonly getStatus: () => Promise<{ readonly status: string } | null>
        readonly getResult: () => Promise<unknown>
      }
      readonly destroy: () => Promise<void>
    }>
  }
}

beforeAll(installJobs)

test('BullMQ: the worker is killed after the charge was sent, the job comes again: one charge', async () => {
  const redis = await startRedis()
  onTestFinished(redis.stop)
  const server = await startKillingPayments()
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
  const server = await startKillingPayments()
  const { PgBoss } = required('pg-boss') as PgBossPackage
  const boss = new PgBoss({ connectionString: postgres.url })
  boss.on('error', () => {})
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

  const second = startWorker('pg-boss-worker.mjs', env)
  await expect
    .poll(async () => (await boss.findJobs('charges', { id }))[0]?.state, { timeout: 90_000, interval: 200 })
    .toBe('completed')
  expect((await boss.findJobs('charges', { id }))[0]?.output).toEqual({ order: id, charge: 'ch_1' })
  expect(server.effects).toEqual(new Map([[id, 1]]))
  expect(server.keys.get(id)?.size).toBe(1)

  // The connections of the worker are lost.
  await postgres.restart()
  let next: string | null = null
  const sent = async () => (next = await boss.send('charges', {}, {}).catch(() => null))
  await expect.poll(sent, { timeout: 30_000, interval: 200 }).not.toBeNull()
  await expect
    .poll(async () => (await boss.findJobs('charges', { id: next ?? '' }))[0]?.state, {
      timeout: 30_000,
      interval: 200,
    })
    .toBe('completed')
  expect([second.exitCode, second.signalCode]).toEqual([null, null])
})

test('DBOS: the process is killed after the charge was sent, the step runs again: one charge', async () => {
  const postgres = await startPostgres()
  onTestFinished(postgres.stop)
  const server = await startKillingPayments()
  const env = { DATABASE_URL: postgres.url, PAYMENTS_URL: server.url }

  const first = startWorker('dbos-worker.mjs', { ...env, INVOICE: 'in-8' })
  server.kills(first)
  await once(first, 'exit')
  expect(server.effects).toEqual(new Map([['in-8', 1]]))
  const { DBOSClient } = required('@dbos-inc/dbos-sdk') as DbosPackage
  const dbos = await DBOSClient.create({ systemDatabaseUrl: postgres.url })
  onTestFinished(() => dbos.destroy())
  const workflow = dbos.retrieveWorkflow('in-8')
  expect((await workflow.getStatus())?.status).toBe('PENDING')

  startWorker('dbos-worker.mjs', env)
  await expect(workflow.getResult()).resolves.toEqual({ order: 'in-8', charge: 'ch_1' })
  expect(server.effects).toEqual(new Map([['in-8', 1]]))
  expect(server.keys.get('in-8')?.size).toBe(1)
})
