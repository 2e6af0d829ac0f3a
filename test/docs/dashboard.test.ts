import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultDashboard } from '@grafana/schema'
import { CLIENT_COUNTERS, CLIENT_TIMES, SERVER_COUNTERS } from '../../src/opentelemetry/names.ts'
import { emitEveryEvent } from '../api/opentelemetry/every-event.ts'
import { sdk } from '../api/opentelemetry/sdk.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const text = readFileSync(join(root, 'docs/observability/grafana-dashboard.json'), 'utf8')

type Target = { readonly refId: string; readonly expr: string; readonly legendFormat: string }
type Panel = {
  readonly id: number
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly Target[]
}
const dashboard = JSON.parse(text) as { readonly schemaVersion: number; readonly panels: readonly Panel[] }
const { panels } = dashboard
const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

/** Metric names with the labels that were seen of each, in the form in which Prometheus gets them. */
async function emitted(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { telemetry, prometheus } = sdk()
  emitEveryEvent(telemetry)
  telemetry.observeKeys({
    counts: async () => ({ processing: 1, unknown: 2, lapsed: 0, damaged: 0, oldestAt: undefined }),
  })
  const seen = new Map<string, Set<string>>()
  for (const line of (await prometheus()).split('\n')) {
    const [, name, labels = ''] = /^(stillonce_\w+)(?:\{(.*)\})? /.exec(line) ?? []
    if (name === undefined) continue
    const names = [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label)
    seen.set(name, new Set([...(seen.get(name) ?? []), ...names]))
  }
  return seen
}

type Named = { readonly metric: RegExp; readonly labels: readonly string[] }

/** Each metric that a query names, by its name or by `__name__`, with the labels that are asked of it. */
function namedIn(query: string): readonly Named[] {
  const grouped = [...query.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/))
  const labelsOf = (selector: string) => [
    ...grouped,
    ...[...selector.matchAll(/(\w+)\s*(?:=~|!=|=)/g)].map(([, label = '']) => label),
  ]
  const byName = /(?<!")\b(stillonce_(?:client|server)_\w+)(?:\{([^}]*)\})?/g
  const byPattern = /\{__name__=~"([^"]+)",?\s*([^}]*)\}/g
  return [...query.matchAll(byName), ...query.matchAll(byPattern)].map(([, metric = '', selector = '']) => ({
    metric: new RegExp(`^${metric}$`),
    labels: labelsOf(selector),
  }))
}

describe('the dashboard for Grafana', () => {
  test('names only metrics and labels that the module emits, in their Prometheus form', async () => {
    const seen = await emitted()
    const lost = queries.flatMap(query =>
      namedIn(query).flatMap(({ metric, labels }) => {
        const there = [...seen].find(([name]) => metric.test(name))?.[1]
        if (there === undefined) return [`${metric}: no such metric`]
        return labels.filter(label => !there.has(label)).map(label => `${metric}: no label ${label}`)
      }),
    )
    expect(queries.length).toBeGreaterThan(20)
    expect(queries.every(query => namedIn(query).length > 0)).toBe(true)
    expect(lost).toEqual([])
  })

  test('names times with and without their unit: exporters differ in that', () => {
    const times = queries.filter(query => query.includes('_duration'))
    expect(times.length).toBeGreaterThan(5)
    expect(times.every(query => query.includes('_duration(_seconds)?_'))).toBe(true)
  })

  test('legends name labels that their query groups by', () => {
    const lost = panels.flatMap(({ targets = [] }) =>
      targets.flatMap(({ expr, legendFormat }) =>
        [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)]
          .map(([, label = '']) => label)
          .filter(label => !new RegExp(`by \\([^)]*\\b${label}\\b`).test(expr)),
      ),
    )
    expect(lost).toEqual([])
  })

  test('shows every metric', () => {
    const shown = queries.flatMap(namedIn).map(({ metric }) => metric.source)
    const names = [CLIENT_COUNTERS, CLIENT_TIMES, SERVER_COUNTERS].flatMap(group =>
      Object.values(group).map(({ name }) => name),
    )
    const missing = names.filter(
      name => !shown.some(each => each.startsWith(`^${name.replaceAll('.', '_')}`)),
    )
    expect(missing).toEqual([])
  })

  test('panels have numbers of their own, and lie beside each other', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`),
    )
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    expect(new Set(cells).size).toBe(cells.length)
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true)
  })

  describe('by the types of Grafana', () => {
    const folder = mkdtempSync(join(tmpdir(), 'stillonce-dashboard-'))
    beforeAll(() => symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction'))
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    /** What the compiler says of the text as a dashboard; it knows each field of the published schema. */
    const complaints = (json: string): string => {
      const file = join(folder, 'dashboard.ts')
      writeFileSync(
        file,
        `import type { Dashboard, Panel, RowPanel } from '@grafana/schema'\n` +
          `type Strict = Omit<Dashboard, 'panels'> & { panels: (Panel | RowPanel)[] }\n` +
          `export const dashboard: Strict = ${json}`,
      )
      const compiler = join(root, 'node_modules/typescript/bin/tsc')
      const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023']
      try {
        execFileSync(process.execPath, [compiler, ...options, '--types', '', '--ignoreConfig', file], {
          encoding: 'utf8',
        })
        return ''
      } catch (error) {
        return (error as { readonly stdout: string }).stdout
      }
    }

    test('each field is one of its schema, which is of a version that Grafana loads', () => {
      expect(complaints(text)).toBe('')
      expect(dashboard.schemaVersion).toBe(defaultDashboard.schemaVersion)
    })

    test('a field that is none would be seen', () => {
      expect(complaints(text.replace('"gridPos"', '"gridPosition"'))).toContain('gridPosition')
      expect(complaints(text.replace('"refresh": 2', '"refresh": "always"'))).toContain('VariableRefresh')
    })
  })
})
