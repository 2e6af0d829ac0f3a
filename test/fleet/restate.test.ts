import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { freePort, startServer } from './harness/child-server.ts'
import { installJobs, restateServer, startKillingPayments, startWorker } from './harness/jobs.ts'
import { startRedis } from './harness/redis-server.ts'

beforeAll(installJobs)

async function startRestate() {
  const folder = mkdtempSync('/tmp/stillonce-restate-')
  const [ingress, admin, fabric] = [await freePort(), await freePort(), await freePort()]
  const server = await startServer(
    {
      program: '/usr/bin/env',
      args: [
        'RESTATE_DISABLE_TELEMETRY=true',
        'RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE=256 MiB',
        'RESTATE_DEFAULT_NUM_PARTITIONS=1',
        'RESTATE_LISTEN_MODE=tcp',
        `RESTATE_BIND_PORT=${fabric}`,
        `RESTATE_INGRESS__BIND_PORT=${ingress}`,
        `RESTATE_ADMIN__BIND_PORT=${admin}`,
        restateServer(),
        '--base-dir',
        folder,
        '--no-logo',
      ],
    },
    async () => {
      for (const [port, path] of [
        [admin, 'health'],
        [ingress, 'restate/health'],
      ] as const) {
        const { ok } = await fetch(`http://127.0.0.1:${port}/${path}`)
        if (!ok) throw new Error(`${path} is not ready`)
      }
    },
  )
  onTestFinished(async () => {
    await server.stop('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  return { ingress: `http://127.0.0.1:${ingress}/`, admin: `http://127.0.0.1:${admin}/` }
}

test('Restate: the process is killed after the charge was sent, the handler runs again: one charge', async () => {
  const redis = await startRedis()
  onTestFinished(redis.stop)
  const server = await startKillingPayments()
  const restate = await startRestate()
  const port = await freePort()
  const env = { REDIS_URL: redis.url, PAYMENTS_URL: server.url, PORT: String(port) }

  const first = startWorker('restate-worker.mjs', env)
  server.kills(first)
  await expect
    .poll(
      async () => {
        const answer = await fetch(`${restate.admin}deployments`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ uri: `http://127.0.0.1:${port}/` }),
        })
        return answer.status
      },
      { timeout: 60_000, interval: 200 },
    )
    .toBe(201)
  const answered = fetch(`${restate.ingress}billing/charge`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'in-9' },
    body: JSON.stringify({ id: 'in-9' }),
  })
  await once(first, 'exit')
  expect(server.effects).toEqual(new Map([['in-9', 1]]))

  startWorker('restate-worker.mjs', env)
  const answer = await answered
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({ order: 'in-9', charge: 'ch_1' })
  expect(server.effects).toEqual(new Map([['in-9', 1]]))
  expect(server.keys.get('in-9')?.size).toBe(1)
})
