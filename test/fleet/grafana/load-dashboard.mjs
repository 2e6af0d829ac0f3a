import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { becomePage } from './page.mjs'

/*
 * Loads a dashboard with Grafana's own libraries: its scenes, and its data source for Prometheus. Prints, for each choice of
 * operations, what is offered to choose, what is chosen, and the queries as they leave for Grafana's server.
 */

becomePage()
const require = createRequire(import.meta.url)
const { from, map, of } = require('rxjs')
const { PrometheusDatasource } = require('@grafana/prometheus')
const runtime = require('@grafana/runtime')
const scenes = require('@grafana/scenes')

const [file, prometheusUrl, choices] = process.argv.slice(2)
const dashboard = JSON.parse(readFileSync(file, 'utf8'))
const panels = dashboard.panels.filter(({ targets }) => targets !== undefined)
const queryCount = panels.flatMap(({ targets }) => targets).length

const templateSrv = {
  getVariables: () => [],
  getAdhocFilters: () => [],
  containsTemplate: () => true,
  updateTimeRange() {},
  replace: (text, scopedVars, format) => {
    const scene = scopedVars?.__sceneObject?.value.valueOf()
    return scene === undefined ? text : scenes.sceneGraph.interpolate(scene, text, scopedVars, format)
  },
}
const source = {
  uid: 'prometheus-1',
  id: 1,
  type: 'prometheus',
  name: 'Prometheus',
  isDefault: true,
  access: 'proxy',
  url: '/',
  meta: { id: 'prometheus', metrics: true, info: { logos: {} } },
  jsonData: {},
}
runtime.setTemplateSrv(templateSrv)
/** Grafana's server passes these requests on to Prometheus. */
runtime.setBackendSrv({
  fetch: ({ url, params }) => {
    const path = url.replace('/api/datasources/uid/prometheus-1/resources', prometheusUrl)
    return from(
      fetch(`${path}?${new URLSearchParams(params)}`).then(async answer => ({ data: await answer.json() })),
    )
  },
})
const datasource = new PrometheusDatasource(source, templateSrv)
runtime.setDataSourceSrv({
  get: async () => datasource,
  getList: ({ pluginId }) => (pluginId === source.type ? [source] : []),
  getInstanceSettings: () => source,
})

let sent = []
runtime.setRunRequest((_, request) => {
  const { targets, scopedVars, range: timeRange } = request
  if (typeof targets[0] === 'string')
    return datasource.variables
      .query(request)
      .pipe(map(({ data: series }) => ({ state: 'Done', series, timeRange })))
  sent.push(...targets.map(target => datasource.applyTemplateVariables(target, scopedVars, []).expr))
  return of({ state: 'Done', series: [], timeRange })
})

/** As Grafana makes a variable of its JSON. */
function variableOf(variable, chosen) {
  const { name, current = {} } = variable
  if (variable.type === 'datasource')
    return new scenes.DataSourceVariable({ name, pluginId: variable.query, value: current.value ?? '' })
  return new scenes.QueryVariable({
    name,
    datasource: variable.datasource,
    query: variable.query,
    refresh: variable.refresh,
    isMulti: variable.multi,
    includeAll: variable.includeAll,
    defaultToAll: Boolean(variable.includeAll),
    allValue: variable.allValue,
    value: chosen ?? current.value ?? '',
    text: chosen ?? current.text ?? '',
  })
}

async function queriesFor(chosen) {
  sent = []
  const variables = dashboard.templating.list.map(variable => variableOf(variable, chosen))
  const runners = panels.map(
    ({ datasource: place, targets }) =>
      new scenes.SceneQueryRunner({ datasource: place, queries: targets, maxDataPoints: 100 }),
  )
  const scene = new scenes.EmbeddedScene({
    $variables: new scenes.SceneVariableSet({ variables }),
    $timeRange: new scenes.SceneTimeRange(dashboard.time),
    body: new scenes.SceneFlexLayout({
      children: runners.map($data => new scenes.SceneFlexItem({ body: new scenes.VizPanel({ $data }) })),
    }),
  })
  const leave = scene.activate()
  const operation = variables.find(({ state }) => state.name === 'operation')
  await until(() => operation.state.options.length > 0 && !operation.state.loading)
  for (const runner of runners) runner.activate()
  await until(() => sent.length >= queryCount)
  const { options, value } = operation.state
  leave()
  return { offered: options.map(option => option.value), chosen: value, queries: sent }
}

async function until(isSo) {
  for (const end = performance.now() + 30_000; !isSo();) {
    if (performance.now() > end) throw new Error('Grafana does not go on.')
    await new Promise(resolve => {
      setTimeout(resolve, 10)
    })
  }
}

const loaded = []
for (const chosen of JSON.parse(choices)) loaded.push(await queriesFor(chosen ?? undefined))
process.stdout.write(JSON.stringify(loaded), () => process.exit())
