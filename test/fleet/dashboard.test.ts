import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { emitEveryEvent } from '../api/opentelemetry/every-event.ts'
import { sdk, type Sdk } from '../api/opentelemetry/sdk.ts'
import { createClient } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { memoryStore } from '../../src/entries/index.ts'
import { ietf } from '../../src/profiles/ietf.ts'
import { installGrafana, loadDashboard } from './harness/grafana.ts'
import { startPayments } from './harness/payments.ts'
import { startPrometheus, type Prometheus } from './harness/prometheus.ts'

/*
 * Grafana's own libraries load the dashboard from a real Prometheus, which reads the metrics of a process at work and has an
 * answer to each query that they make.
 */

const DASHBOARD = fileURLToPath(new URL('../../docs/observability/grafana-dashboard.json', import.meta.url))

type Dashboard = {
  readonly panels: readonly {
    readonly title: string
    readonly targets?: readonly { readonly expr: string }[]
  }[]
}

/** What Grafana's server puts in the place of its variables. */
function asGrafanaSends(query: string): string {
  return query.replaceAll('$__rate_interval', '20s').replaceAll('$__range', '60s')
}

/** How many series answer, of which each has a number. */
async function seriesOf(prometheus: Prometheus, expr: string): Promise<number> {
  const { result } = (await prometheus.ask('query', { query: asGrafanaSends(expr) })) as {
    readonly result: readonly { readonly value: readonly [number, string] }[]
  }
  expect(result.filter(({ value: [, text] }) => !Number.isFinite(Number(text)))).toEqual([])
  return result.length
}

/** Serves what the SDK has counted, as Prometheus reads it. */
async function serveMetrics({ prometheus }: Sdk): Promise<number> {
  const server = createServer((_request, response) => {
    void prometheus().then(text =>
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

/** Operations of a client, one after another, and with each of them all that is seldom. Gives what ends it. */
async function work({ telemetry }: Sdk): Promise<() => Promise<void>> {
  const payments = await startPayments(() => false)
  const client = createClient({
    transport: fetchTransport({ baseUrl: payments.url }),
    store: memoryStore(),
    scope: 'billing',
    profile: ietf,
    ...telemetry.client,
  })
  const pay = client.operation<{ order: string }>({
    name: 'pay',
    id: ({ order }) => order,
    request: input => ({ method: 'post', url: 'payments', json: input }),
  })
  telemetry.observeKeys({
    counts: async () => ({ processing: 1, unknown: 2, lapsed: 0, damaged: 0, oldestAt: undefined }),
  })
  const over = new AbortController()
  const working = (async () => {
    for (let order = 1; !over.signal.aborted; order += 1) {
      emitEveryEvent(telemetry)
      await pay.run({ order: `o${order}` })
      await new Promise(resolve => {
        setTimeout(resolve, 50)
      })
    }
  })()
  return async () => {
    over.abort()
    await working
    await client.close()
    await payments.close()
  }
}

test('Grafana loads the dashboard, and Prometheus has an answer to each of its queries', async () => {
  installGrafana()
  const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as Dashboard
  const process = sdk()
  const end = await work(process)
  onTestFinished(end)
  const prometheus = await startPrometheus(await serveMetrics(process))
  onTestFinished(prometheus.stop)
  const answersAll = async (queries: readonly string[]): Promise<void> => {
    for (const query of queries) {
      await vi.waitFor(async () => expect(await seriesOf(prometheus, query), query).toBeGreaterThan(0), {
        timeout: 60_000,
        interval: 200,
      })
    }
  }
  const written = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
  expect(written.length).toBeGreaterThan(20)
  await answersAll(written.map(query => query.replaceAll('$operation', '.*')))

  const [all, one, two] = await loadDashboard(DASHBOARD, prometheus.url, [
    null,
    ['charge'],
    ['charge', 'pay'],
  ])
  expect(all).toEqual({
    offered: ['charge', 'pay'],
    chosen: ['$__all'],
    queries: written.map(query => query.replaceAll('$operation', '.*')),
  })
  expect(one?.queries).toEqual(written.map(query => query.replaceAll('$operation', 'charge')))
  expect(two?.queries).toEqual(written.map(query => query.replaceAll('$operation', '(charge|pay)')))
  await answersAll([...(one?.queries ?? []), ...(two?.queries ?? [])])
})
