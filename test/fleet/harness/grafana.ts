import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { installLocked } from './install-locked.ts'

const folder = fileURLToPath(new URL('../grafana/', import.meta.url))

/** What Grafana makes of a dashboard with some operations chosen. */
export type LoadedDashboard = {
  readonly offered: readonly string[]
  readonly chosen: readonly string[]
  /** As they leave for Grafana's server, which fills in `$__rate_interval` and `$__range`. */
  readonly queries: readonly string[]
}

/** Installs Grafana's own libraries where their lock has changed. */
export function installGrafana(): void {
  installLocked(folder)
}

/** A dashboard as Grafana's own libraries load it, once for each choice; null chooses nothing. */
export async function loadDashboard(
  file: string,
  prometheusUrl: string,
  choices: readonly (readonly string[] | null)[],
): Promise<readonly LoadedDashboard[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    `${folder}load-dashboard.mjs`,
    file,
    prometheusUrl,
    JSON.stringify(choices),
  ])
  return JSON.parse(stdout) as readonly LoadedDashboard[]
}
