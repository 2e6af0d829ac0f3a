import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, startServer } from './child-server.ts'
import { findOrInstallFile } from './find-or-install-file.ts'

const PROGRAMS = ['prometheus', '/usr/local/bin/prometheus']

export type Prometheus = {
  readonly url: string
  /** What its HTTP API answers: the `data` of a success. Rejects with its own error. */
  readonly ask: (path: string, parameters?: Readonly<Record<string, string>>) => Promise<unknown>
  readonly stop: () => Promise<void>
}

/** A Prometheus of its own, from what is installed, that reads the metrics of one port each second. */
export async function startPrometheus(metricsPort: number): Promise<Prometheus> {
  findOrInstallFile(() => program() !== undefined, 'prometheus', 'Prometheus')
  const folder = mkdtempSync('/tmp/stillonce-prometheus-')
  const file = join(folder, 'prometheus.yml')
  const lines = [
    'global: { scrape_interval: 1s, scrape_timeout: 1s }',
    'scrape_configs:',
    `  - { job_name: services, static_configs: [{ targets: ['127.0.0.1:${metricsPort}'] }] }`,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const ask: Prometheus['ask'] = async (path, parameters = {}) => {
    const asked = `${url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`
    const answer = (await (await fetch(asked)).json()) as { readonly data?: unknown; readonly error?: string }
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer.data
  }
  const args = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${folder}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]
  const server = await startServer({ program: program() ?? '', args }, async () => {
    const flags = (await ask('status/flags')) as Readonly<Record<string, string>>
    if (flags['storage.tsdb.path'] !== folder) throw new Error('Another server has the port.')
  })
  return {
    url,
    ask,
    stop: async () => {
      await server.stop('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function program(): string | undefined {
  return PROGRAMS.find(name => {
    try {
      execFileSync(name, ['--version'], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })
}
