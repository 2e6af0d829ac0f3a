import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createClient, ietf, memoryStore } from '../../src/entries/index.ts'
import { installJobs, required, startWorker } from './harness/jobs.ts'
import { startPayments } from './harness/payments.ts'
import { startPostgres, type PostgresServer } from './harness/postgres-server.ts'
import { startTemporal, type ActivityEnd } from './harness/temporal.ts'

/* The recipe of docs/jobs.md in Temporal's own worker, whose tasks come from a server of ours, and in its mock environment. */

beforeAll(installJobs)

let postgres: PostgresServer
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres?.stop())

/** A server that charges, and loses its first answer, when it has called `atFirst`. */
async function startLosingPayments() {
  const first: { at?: () => void } = {}
  const server = await startPayments(() => {
    const { at } = first
    delete first.at
    at?.()
    return at !== undefined
  })
  onTestFinished(server.close)
  const atFirst = (work: () => void): void => {
    first.at = work
  }
  return { ...server, atFirst }
}

/** The activity `charge` of a workflow, and workers for it. */
async function startBilling(workflowId: string, startToClose: number) {
  const server = await startLosingPayments()
  const temporal = await startTemporal()
  const env = { TEMPORAL_ADDRESS: temporal.address, DATABASE_URL: postgres.url, PAYMENTS_URL: server.url }
  return {
    server,
    startWorker: () => startWorker('temporal-worker.mjs', env),
    execute: () => temporal.execute({ workflowId, activityId: '1', startToClose }),
    refused: temporal.refused,
    /** In more than one attempt one charge, under one key, and its result. */
    expectOneCharge: ({ attempts, ...end }: ActivityEnd) => {
      const order = `${workflowId}/1`
      expect(end).toEqual({ kind: 'completed', result: { order, charge: 'ch_1' } })
      expect(attempts).toBeGreaterThan(1)
      expect(server.effects).toEqual(new Map([[order, 1]]))
      expect(server.keys.get(order)?.size).toBe(1)
    },
  }
}

test('Temporal: the worker is killed after the charge was sent, the activity is tried again: one charge', async () => {
  const billing = await startBilling('invoice-7', 1_000)
  const first = billing.startWorker()
  billing.server.atFirst(() => first.kill('SIGKILL'))
  const end = billing.execute()
  await once(first, 'exit')
  expect(billing.server.effects.size).toBe(1)
  billing.startWorker()
  billing.expectOneCharge(await end)
})

test('Temporal: an attempt whose time is up goes on beside the next one: one charge', async () => {
  const billing = await startBilling('invoice-8', 2_000)
  const first = billing.startWorker()
  billing.server.atFirst(() => first.kill('SIGSTOP'))
  const end = billing.execute()
  await expect.poll(() => billing.server.effects.size, { timeout: 30_000, interval: 50 }).toBe(1)
  billing.startWorker()
  const ended = await end
  first.kill('SIGCONT')
  await expect.poll(billing.refused, { timeout: 30_000, interval: 50 }).toBeGreaterThan(0)
  billing.expectOneCharge(ended)
})

test('Temporal: the worker is told to end while the charge is under way, another one goes on: one charge', async () => {
  const billing = await startBilling('invoice-9', 60_000)
  const first = billing.startWorker()
  billing.server.atFirst(() => first.kill('SIGTERM'))
  const end = billing.execute()
  await once(first, 'exit')
  expect(billing.server.effects.size).toBe(1)
  billing.startWorker()
  billing.expectOneCharge(await end)
})

type TestingPackage = {
  readonly MockActivityEnvironment: new (
    info: object,
    options: { readonly logger: unknown },
  ) => {
    readonly cancel: () => void
    readonly run: (activity: () => Promise<unknown>) => Promise<unknown>
  }
}

type WorkerPackage = { readonly DefaultLogger: new (level: 'ERROR') => unknown }

/** The activity on a client, and the environment of each attempt of it. */
async function openActivity(baseUrl: string) {
  const at = (file: string): string => new URL(`jobs/${file}`, import.meta.url).href
  const { activitiesOf } = await import(at('temporal.mjs'))
  const { chargeOf } = await import(at('charge.mjs'))
  const { MockActivityEnvironment } = required('@temporalio/testing') as TestingPackage
  const { DefaultLogger } = required('@temporalio/worker') as WorkerPackage
  const client = createClient({ http: { baseUrl }, store: memoryStore(), scope: 'billing', profile: ietf })
  onTestFinished(() => client.close())
  const { charge } = activitiesOf(chargeOf(client)) as { readonly charge: () => Promise<unknown> }
  const attempt = (number: number) =>
    new MockActivityEnvironment(
      {
        attempt: number,
        activityId: '1',
        workflowExecution: { workflowId: 'invoice-7', runId: 'run-1' },
      },
      { logger: new DefaultLogger('ERROR') },
    )
  return { charge, attempt }
}

test('Temporal: an activity that is cancelled before it has sent anything is cancelled', async () => {
  const server = await startPayments(() => false)
  onTestFinished(server.close)
  const { charge, attempt } = await openActivity(server.url)
  const first = attempt(1)
  first.cancel()
  // An AbortError is what a worker reports as cancelled.
  await expect(first.run(charge)).rejects.toMatchObject({ name: 'AbortError', outcome: 'not-executed' })
  expect(server.effects).toEqual(new Map())
})

test('Temporal: an activity that is cancelled when it has sent its charge is not said to be cancelled', async () => {
  const server = await startLosingPayments()
  const { charge, attempt } = await openActivity(server.url)
  const first = attempt(1)
  server.atFirst(() => first.cancel())
  await expect(first.run(charge)).rejects.toMatchObject({ name: 'OperationError', outcome: 'unknown' })
  expect(await attempt(2).run(charge)).toEqual({ order: 'invoice-7/1', charge: 'ch_1' })
  expect(server.effects).toEqual(new Map([['invoice-7/1', 1]]))
})

test('Temporal: a refusal is not tried again', async () => {
  const server = createServer((_, response) => {
    response.writeHead(402, { 'content-type': 'application/json' }).end('{"code":"card_declined"}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { charge, attempt } = await openActivity(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
  )
  await expect(attempt(1).run(charge)).rejects.toMatchObject({ type: 'declined', nonRetryable: true })
})
