import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const manifest: {
  readonly name: string
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
} = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))

const entries = Object.entries(manifest.exports).flatMap(([path, target]) =>
  typeof target === 'string' ? [] : [{ specifier: path.replace('.', manifest.name), target }],
)

/** What they need at once is of parts that the client brings at its first call: those stay files of their own. */
const PERFORMING_AT_ONCE: ReadonlyMap<string, number> = new Map([['stillonce/worker', 7]])

describe('the package exports', () => {
  test('are the entry points that the documentation names', () => {
    expect(Object.keys(manifest.exports)).toEqual([
      '.',
      './adapters',
      './browser',
      './core',
      './fetch',
      './opentelemetry',
      './postgres',
      './profiles',
      './react',
      './redis',
      './server',
      './server/fastify',
      './server/node',
      './sqlite',
      './tanstack',
      './testing',
      './undici',
      './worker',
      './package.json',
    ])
  })

  test.each(entries)('$specifier: its types come first, and all of its files are built', ({ target }) => {
    expect(Object.keys(target)).toEqual(['types', 'node', 'default'])
    for (const file of Object.values(target)) expect(existsSync(new URL(file, root)), file).toBe(true)
  })

  test.each(entries)('$specifier can be imported by Node and exports something', ({ specifier }) => {
    expect(load(specifier).exported).not.toEqual([])
  })

  test.each(entries)('$specifier has types that need none of Node’s', ({ target }) => {
    const files = declarationsFrom(new URL(target['types'] ?? '', root))
    const needing = files.filter(({ text }) => /from 'node:|\bBuffer\b|\bNodeJS\./.test(text))
    expect(needing.map(({ file }) => file.href)).toEqual([])
  })

  test.each(entries)('$specifier exports the same to Node as to others', async ({ target }) => {
    const [forNode = {}, forOthers = {}] = await Promise.all(
      [target['node'], target['default']].map(
        async file => (await import(new URL(file ?? '', root).href)) as Readonly<Record<string, unknown>>,
      ),
    )
    expect(Object.keys(forNode)).toEqual(Object.keys(forOthers))
  })

  test.each(entries)('$specifier costs Node few files of its own', ({ specifier }) => {
    const own = load(specifier).imports.filter(found => found.parent.startsWith(new URL('dist/', root).href))
    const files = own.map(found => found.specifier).filter(name => name.startsWith('.'))
    const most = PERFORMING_AT_ONCE.get(specifier) ?? 3
    expect(new Set(files.map(name => name.split('/').at(-1))).size).toBeLessThanOrEqual(most)
  })

  test('in one process are one: classes, symbols, and who watches runs', () => {
    const told = execFileSync(process.execPath, ['--input-type=module', '--eval', ONE_PROCESS], {
      cwd: fileURLToPath(root),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    expect(JSON.parse(told)).toEqual({
      isOwnError: true,
      isErrorOfOthers: true,
      isWatched: true,
      advice: expect.stringContaining('Read `response` for why.'),
    })
  })

  test.each(['stillonce/core', 'stillonce/fetch', 'stillonce/server'])('%s does not load ky', specifier => {
    expect(load(specifier).imports.map(found => found.specifier)).not.toContain('ky')
  })

  test.each([
    'stillonce',
    'stillonce/adapters',
    'stillonce/browser',
    'stillonce/core',
    'stillonce/fetch',
    'stillonce/react',
    'stillonce/server',
    'stillonce/server/fastify',
    'stillonce/server/node',
    'stillonce/tanstack',
    'stillonce/testing',
  ])('%s imports no module of Node, so that browsers can load it', specifier => {
    const own = load(specifier).imports.filter(found => found.parent.startsWith(new URL('dist/', root).href))
    expect(own.filter(found => found.specifier.startsWith('node:'))).toEqual([])
  })
})

/** A client, its error, and what watches its runs, each of an entry of its own. */
const ONE_PROCESS = `
  import { OperationError, createClient, ietf, memoryStore } from 'stillonce/core'
  import { OperationError as SameError, isOperationError } from 'stillonce'
  import { fetchTransport } from 'stillonce/fetch'
  import { recordRuns } from 'stillonce/testing'
  const { isOperationError: isErrorHere } = await import('./dist/entries/core.js')
  const runs = recordRuns()
  const fetch = async () => new Response('{}', { status: 402, headers: { 'content-type': 'application/json' } })
  const client = createClient({
    store: memoryStore(), scope: 'anna', profile: ietf,
    transport: fetchTransport({ baseUrl: 'http://shop.test/', fetch }),
  })
  const order = client.operation({
    name: 'order', id: id => id, request: () => ({ method: 'post', url: 'orders', json: {} }),
  })
  const error = await order.run('a').catch(error => error)
  console.log(JSON.stringify({
    isOwnError: OperationError === SameError && error instanceof OperationError && isOperationError(error),
    isErrorOfOthers: isErrorHere(error),
    advice: error.message,
    isWatched: runs.steps().length > 0,
  }))
`

test('the command is built, and says how to call it', () => {
  const { bin }: { readonly bin: { readonly stillonce: string } } = JSON.parse(
    readFileSync(new URL('package.json', root), 'utf8'),
  )
  const command = fileURLToPath(new URL(bin.stillonce, root))
  expect(execFileSync(process.execPath, [command, '--help'], { encoding: 'utf8' })).toMatch(
    /^stillonce probe <url>/,
  )
})

test('the hook is for client components, and its file says so to bundlers', () => {
  for (const folder of ['dist', 'dist/node']) {
    const file = readFileSync(new URL(`${folder}/entries/react.js`, root), 'utf8')
    expect(file.startsWith('"use client";\n'), folder).toBe(true)
  }
})

test('the packed package holds what is built and its papers, and nothing else', () => {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [packed]: readonly { readonly files: readonly { readonly path: string }[] }[] = JSON.parse(output)
  const paths = packed?.files.map(file => file.path) ?? []

  expect(paths.filter(path => !path.startsWith('dist/') && !path.startsWith('docs/')).toSorted()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'examples/checkout/screenshot.png',
    'package.json',
  ])
  expect(paths.filter(path => path.startsWith('docs/') && !path.endsWith('.md'))).toEqual([
    'docs/observability/grafana-dashboard.json',
  ])
  expect(paths.filter(path => path.startsWith('dist/') && !/\.(?:js|d\.ts|js\.map)$/.test(path))).toEqual([])
})

type Loaded = {
  readonly exported: readonly string[]
  readonly imports: readonly { readonly specifier: string; readonly parent: string }[]
}

/** Imports an entry point in a fresh Node, as a user of the package would, and tells what that loaded. */
function load(specifier: string): Loaded {
  const script = `
    import { registerHooks } from 'node:module'
    const imports = []
    registerHooks({
      resolve(specifier, context, next) {
        imports.push({ specifier, parent: context.parentURL })
        return next(specifier, context)
      },
    })
    const exported = Object.keys(await import('${specifier}'))
    console.log(JSON.stringify({ exported, imports }))
  `
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(root),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const loaded: Loaded = JSON.parse(output)
  return loaded
}

/** The type declarations of an entry: its own file, and all that this file reaches. */
function declarationsFrom(entry: URL): readonly { readonly file: URL; readonly text: string }[] {
  const known = new Map<string, { readonly file: URL; readonly text: string }>()
  const open = [entry]
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (known.has(file.href)) continue
    const text = readFileSync(file, 'utf8').replaceAll(/\/\*[^]*?\*\//g, '')
    known.set(file.href, { file, text })
    for (const [, path] of text.matchAll(/['"](\.[^'"]+)\.ts['"]/g)) open.push(new URL(`${path}.d.ts`, file))
  }
  return [...known.values()]
}
