import { basename, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Metafile } from 'esbuild'
import { build } from 'esbuild'
import type { Figure, Goal, Part } from '../figure.ts'

const PAGES = {
  'stillonce: createClient, ietf, indexedDBStore': `
    export { createClient, ietf } from 'stillonce'
    export { indexedDBStore } from 'stillonce/browser'`,
  'stillonce/core, stillonce/fetch: the same without ky': `
    export { createClient, ietf } from 'stillonce/core'
    export { fetchTransport } from 'stillonce/fetch'
    export { indexedDBStore } from 'stillonce/browser'`,
}
/* Written so that nothing is left out that a call with retries needs. */
const RIVALS = {
  'p-retry': `export { default } from 'p-retry'`,
  uuid: `export { v4 } from 'uuid'`,
  ky: `export { default } from 'ky'`,
  'ky, p-retry, uuid': `export { default as ky } from 'ky'; export { default } from 'p-retry'; export { v4 } from 'uuid'`,
  'idempotent-fetch': `export { idempotentFetch } from 'idempotent-fetch'`,
  'axios, axios-retry': `export { default as axios } from 'axios'; export { default } from 'axios-retry'`,
  'stripe-node': `export { default } from 'stripe'`,
}

const GOALS: Record<keyof typeof PAGES, number> = {
  'stillonce: createClient, ietf, indexedDBStore': 20_000,
  'stillonce/core, stillonce/fetch: the same without ky': 12_000,
}

const LATER_GOALS: Readonly<Record<string, Goal>> = {
  record: { of: 'measured', is: 'at most', limit: 7_500 },
}

export function sizesPart(): Part {
  return {
    title: 'Bytes of a page, gzip',
    how:
      'esbuild, minified, code split: the first chunk is what the page loads before it runs; ' +
      '"later" is what `createClient` begins to load at once. Each file is compressed by itself, gzip -9.',
    async measure() {
      const figures: Figure[] = []
      for (const [name, contents] of Object.entries(PAGES)) {
        const { first, later } = await chunksOf(contents)
        const goal: Goal = { of: 'measured', is: 'at most', limit: GOALS[name as keyof typeof PAGES] }
        figures.push({ what: `first chunk of ${name}`, unit: 'bytes', measured: total(first), goal })
        for (const chunk of new Set(later.map(each => each.name))) {
          const bytes = total(later.filter(each => each.name === chunk))
          const what = `later: ${chunk}`
          figures.push({ what, unit: 'bytes', measured: bytes, goal: LATER_GOALS[chunk] })
        }
      }
      for (const [name, contents] of Object.entries(RIVALS)) {
        const { first, later } = await chunksOf(contents)
        figures.push({ what: name, unit: 'bytes', measured: total([...first, ...later]) })
      }
      return figures
    },
  }
}

type Chunk = { readonly name: string; readonly bytes: number }
type Page = { readonly first: readonly Chunk[]; readonly later: readonly Chunk[] }

async function chunksOf(contents: string): Promise<Page> {
  const root = fileURLToPath(new URL('../../../', import.meta.url))
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    stdin: { contents, resolveDir: root, sourcefile: 'page.js' },
    outdir: 'page',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    metafile: true,
    write: false,
    logLevel: 'error',
  })
  const first = loadedFirst(metafile)
  const page = { first: [] as Chunk[], later: [] as Chunk[] }
  for (const { path, contents: code } of outputFiles) {
    const output = relative(root, path)
    const chunk = { name: nameOf(output, metafile), bytes: gzipSync(code, { level: 9 }).byteLength }
    page[first.has(output) ? 'first' : 'later'].push(chunk)
  }
  return page
}

/** The entry, what it imports, and what that imports; not what is imported dynamically. */
function loadedFirst({ outputs }: Metafile): ReadonlySet<string> {
  const found = new Set(Object.keys(outputs).filter(path => outputs[path]?.entryPoint === 'page.js'))
  for (const path of found)
    for (const { kind, path: imported } of outputs[path]?.imports ?? [])
      if (kind === 'import-statement') found.add(imported)
  return found
}

/** A chunk without an entry holds what several share. */
function nameOf(output: string, { outputs }: Metafile): string {
  const { entryPoint } = outputs[output] ?? {}
  return entryPoint === undefined ? 'shared' : basename(entryPoint, '.ts')
}

function total(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, { bytes }) => sum + bytes, 0)
}
