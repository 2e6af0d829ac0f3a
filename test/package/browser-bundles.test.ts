import { builtinModules } from 'node:module'
import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, transform, type Loader } from 'esbuild'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What Node has and a page has not. */
const OF_NODE = ['process', 'Buffer', 'global', 'setImmediate', '__dirname', '__filename']

/**
 * Node is asked for, where it is there, by `typeof process`: never imported. A page without it takes the other
 * way, as all tests in Chromium do.
 */
const ASKS_FOR_NODE = new Set([
  'src/runtime/digest.ts',
  'src/runtime/process-identity.ts',
  'src/runtime/runtime.ts',
  'src/runtime/send-watch.ts',
])

/** Paths of all files that a page loads with an entry point, sooner or later. */
async function filesOf(entry: string): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [`src/entries/${entry}.ts`],
    outdir: 'not-written',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    external: ['react'],
    metafile: true,
    write: false,
    logLevel: 'silent',
  })
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports)
  const outside = imported.filter(({ external }) => external === true).map(({ path }) => path)
  return [...Object.keys(metafile.inputs), ...outside]
}

function packagesOf(files: readonly string[]): readonly string[] {
  const names = files.map(file => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1])
  return [...new Set(names.filter(name => name !== undefined))].toSorted()
}

/** The names of Node that a file uses, but those that it binds itself. */
async function namesOfNode(file: string): Promise<readonly string[]> {
  const define = Object.fromEntries(OF_NODE.map(name => [name, `OF_NODE_${name}`]))
  const loader = extname(file).slice(1).replace('mjs', 'js') as Loader
  const { code } = await transform(readFileSync(join(root, file), 'utf8'), { loader, define })
  return OF_NODE.filter(name => code.includes(`OF_NODE_${name}`))
}

describe.each([
  ['index', ['is-network-error', 'ky', 'p-retry', 'uuid', 'zod']],
  ['core', ['is-network-error', 'p-retry', 'uuid', 'zod']],
  ['fetch', []],
  ['browser', ['idb']],
  ['react', []],
  ['tanstack', []],
])('what a page loads of src/entries/%s.ts', (entry, packages) => {
  test('is this package and what it needs, and no module of Node', async () => {
    const files = await filesOf(entry)
    expect(packagesOf(files)).toEqual(packages)
    expect(files.filter(file => file.startsWith('node:') || builtinModules.includes(file))).toEqual([])
    expect(files.filter(file => file.includes('sqlite'))).toEqual([])
  })

  test('uses nothing that only Node has, and asks for Node in four places only', async () => {
    const files = (await filesOf(entry)).filter(file => /\.m?[jt]s$/.test(file))
    const used = await Promise.all(files.map(async file => ({ file, names: await namesOfNode(file) })))
    const users = used.filter(({ names }) => names.length > 0)
    expect(users.filter(({ file }) => !ASKS_FOR_NODE.has(file))).toEqual([])
    expect(users.flatMap(({ names }) => names).filter(name => name !== 'process')).toEqual([])
  })
})

/** The minified bundle of a module that is given as text. */
async function bundleOf(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'silent',
  })
  return outputFiles.map(({ text }) => text).join('')
}

test.each([
  ['azure', 'Repeatability-Request-ID'],
  ['gocardless', 'idempotent_creation_conflict'],
  ['stillonce', 'urn:stillonce:sealed'],
  ['stripe', 'idempotency_key_in_use'],
])('the profile %s is loaded by who uses it, and nobody else', async (name, sign) => {
  expect(await bundleOf(`export { ${name} } from './src/entries/core.ts'`)).toContain(sign)
  expect(await bundleOf(`export { createClient, ietf } from './src/entries/core.ts'`)).not.toContain(sign)
})

test('what would leak in is seen', async () => {
  await expect(namesOfNode('src/runtime/send-watch.ts')).resolves.toEqual(['process'])
  await expect(filesOf('sqlite')).rejects.toThrow(/node:/)
})
