import { posix } from 'node:path'
import { parseSync, type Node } from 'oxc-parser'

/**
 * Which folder of `src` may import from which others; a folder that is named takes its own files too. A folder
 * without a line of its own belongs to the one above it.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'core/names': [],
  'core/answers': ['core/names'],
  'core/record': ['core/names', 'core/answers'],
  'core/run': ['core/names', 'core/answers', 'core/record'],
  'core/watching': [],
  'core/stored': ['core/names', 'core/answers', 'core/record', 'core/run'],
  public: ['core/*'],
  guards: ['public'],
  runtime: ['core/*', 'public', 'uuid'],
  engine: ['core/*', 'public', 'guards', 'runtime', 'p-retry', 'zod'],
  profiles: ['core/*', 'public', 'guards'],
  transports: ['core/names', 'public', 'guards', 'runtime', 'ky'],
  'transports/undici': ['public', 'guards', 'runtime', 'undici', 'node:'],
  adapters: ['public'],
  stores: ['public', 'guards', 'runtime'],
  'stores/memory': ['stores', 'public', 'runtime'],
  'stores/sqlite': ['stores', 'public', 'node:'],
  'stores/postgres': ['stores', 'public', 'runtime'],
  'stores/redis': ['stores', 'public', 'node:'],
  'stores/indexed-db': ['stores', 'public', 'guards', 'runtime', 'idb'],
  'stores/web-storage': ['stores', 'public'],
  'stores/key-value': ['stores', 'public'],
  client: ['core/*', 'public', 'guards', 'runtime', 'engine', 'profiles', 'stores'],
  react: ['core/*', 'public', 'client', 'runtime', 'react'],
  'server/core': [],
  server: ['core/*', 'public', 'guards', 'runtime', 'stores', 'server/core'],
  'server/adapters': ['core/*', 'public', 'server', 'server/core'],
  testing: ['core/*', 'public', 'runtime', 'server', 'stores/memory', 'node:'],
  'worker/core': [],
  worker: ['core/*', 'public', 'guards', 'runtime', 'client', 'worker/core'],
  opentelemetry: ['public', 'server', '@opentelemetry/api'],
  probe: ['core/*'],
  // Nobody imports these.
  entries: ['everything'],
}

/** The same name in two files means two things, but where users import both from entries of their own. */
const NAMED_TWICE: ReadonlySet<string> = new Set(['createClient', 'CreateClientOptions', 'idempotent'])

/** Text by path under `src`, as `core/run/pauses.ts`. */
type Sources = ReadonlyMap<string, string>

type Arrow = {
  readonly from: string
  /** A path under `src`, or the name of a package. */
  readonly to: string
  readonly how: 'static' | 'type' | 'dynamic'
}

/** Everything that a file asks of another: imports, re-exports, `import type`, `import('…')` as a value and as a type. */
function arrowsOf(file: string, source: string): readonly Arrow[] {
  const { program, errors } = parseSync(file, source, { sourceType: 'module' })
  if (errors[0] !== undefined) throw new Error(`${file}: ${errors[0].message}`)
  const found: Arrow[] = []
  const add = (specifier: string, how: Arrow['how']): void => {
    const to = specifier.startsWith('.')
      ? posix.join(posix.dirname(file), specifier)
      : (/^(node:|(?:@[^/]+\/)?[^/]+)/.exec(specifier)?.[1] ?? specifier)
    found.push({ from: file, to, how })
  }
  const visit = (node: Node): void => {
    switch (node.type) {
      case 'ImportDeclaration':
        add(node.source.value, node.importKind === 'type' ? 'type' : 'static')
        break
      case 'ExportAllDeclaration':
        add(node.source.value, node.exportKind === 'type' ? 'type' : 'static')
        break
      case 'ExportNamedDeclaration':
        if (node.source !== null) add(node.source.value, node.exportKind === 'type' ? 'type' : 'static')
        break
      case 'TSImportType':
        add(node.source.value, 'type')
        break
      case 'ImportExpression':
        // What is no plain text cannot be followed: it is an arrow to nowhere, which no table allows.
        add(node.source.type === 'Literal' ? String(node.source.value) : '?', 'dynamic')
        break
      default:
    }
    for (const value of Object.values(node)) {
      const children: readonly unknown[] = Array.isArray(value) ? value : [value]
      for (const child of children) if (isNode(child)) visit(child)
    }
  }
  visit(program)
  return found
}

/** The folder of the table that a file belongs to; undefined where none is. */
export function areaOf(path: string): string | undefined {
  for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder)) {
    if (folder in MAY_IMPORT) return folder
  }
  return undefined
}

/** What is wrong with how the files stand to each other, one line each. */
export function faultsOf(sources: Sources): readonly string[] {
  const arrows = [...sources].flatMap(([file, source]) => arrowsOf(file, source))
  return [
    ...[...sources.keys()].flatMap(file =>
      areaOf(file) === undefined ? [`${file} is in no folder of the table`] : [],
    ),
    ...arrows.flatMap(arrow => forbidden(arrow, sources)),
    ...circles(arrows),
    ...sameNames(sources),
  ]
}

function forbidden({ from, to, how }: Arrow, sources: Sources): readonly string[] {
  const area = areaOf(from)
  if (area === undefined) return []
  const isOurs = to.endsWith('.ts')
  if (isOurs && !sources.has(to)) return [`${from} -> ${to}: there is no such file`]
  const target = isOurs ? areaOf(to) : to
  if (target === undefined || target === area) return []
  const isAllowed = MAY_IMPORT[area]?.some(
    allowed =>
      allowed === 'everything' ||
      allowed === target ||
      (allowed.endsWith('/*') && target.startsWith(allowed.slice(0, -1))),
  )
  return isAllowed === true ? [] : [`${from} -> ${to}: ${area} must not import from ${target} (${how})`]
}

/** Groups of files that reach each other, by Tarjan's algorithm; types and `import()` count. */
function circles(arrows: readonly Arrow[]): readonly string[] {
  const next = new Map<string, string[]>()
  for (const { from, to } of arrows) next.set(from, [...(next.get(from) ?? []), to])
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const path: string[] = []
  const found: string[] = []
  const walk = (file: string): number => {
    const at = order.size
    order.set(file, at)
    lowest.set(file, at)
    path.push(file)
    let low = at
    for (const to of next.get(file) ?? []) {
      if (!order.has(to)) low = Math.min(low, walk(to))
      else if (path.includes(to)) low = Math.min(low, order.get(to) ?? at)
    }
    lowest.set(file, low)
    if (low < at) return low
    const group = path.splice(path.indexOf(file))
    const isOwn = next.get(file)?.includes(file) === true
    if (group.length > 1 || isOwn) found.push(`a circle: ${group.toSorted().join(', ')}`)
    return low
  }
  for (const file of next.keys()) if (!order.has(file)) walk(file)
  return found
}

function sameNames(sources: Sources): readonly string[] {
  const files = new Map<string, string[]>()
  for (const [file, source] of sources) {
    const { module } = parseSync(file, source, { sourceType: 'module' })
    for (const { exportName, moduleRequest } of module.staticExports.flatMap(({ entries }) => entries)) {
      const { name } = exportName
      if (name === null || moduleRequest !== null) continue
      files.set(name, [...(files.get(name) ?? []), file])
    }
  }
  return [...files].flatMap(([name, where]) =>
    where.length < 2 || NAMED_TWICE.has(name) ? [] : [`${name} is exported by ${where.join(' and ')}`],
  )
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
