import { relative } from 'node:path'
import type { Metafile } from 'esbuild'
import { build } from 'esbuild'

export type Chunk = { readonly name: string; readonly code: Uint8Array }

export type PageBundle = {
  /** What the page loads before it runs; the page's own is the first. */
  readonly first: readonly Chunk[]
  /** What it loads when something asks for it. */
  readonly later: readonly Chunk[]
  /** Those of `later` that are asked for by `import()`, each with what it brings: itself, and what that imports. */
  readonly asked: ReadonlyMap<string, readonly Chunk[]>
}

const PAGE = 'page.js'

/** Bundles a page as its author would: minified, code split. `stillonce` is the built package of the folder. */
export async function bundlePage(root: string, contents: string): Promise<PageBundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    stdin: { contents, resolveDir: root, sourcefile: PAGE },
    outdir: 'page',
    entryNames: 'page',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    // Without the paths of tsconfig.json, which lead to the sources.
    tsconfigRaw: {},
    // The page has its own.
    external: ['react'],
    metafile: true,
    write: false,
    logLevel: 'error',
  })
  const chunks = new Map(
    outputFiles.map(({ path, contents: code }) => {
      const output = relative(root, path).replaceAll('\\', '/')
      return [output, { name: output.split('/').at(-1) ?? '', code }]
    }),
  )
  const chunksOf = (outputs: ReadonlySet<string>) => [...outputs].map(output => chunks.get(output)!)

  const { outputs } = metafile
  const own = Object.keys(outputs).filter(path => outputs[path]?.entryPoint === PAGE)
  const first = broughtBy(own, outputs)
  const asked = Object.values(outputs)
    .flatMap(({ imports }) => imports)
    .filter(({ kind, external }) => kind === 'dynamic-import' && external !== true)
    .map(({ path }) => path)
  return {
    first: chunksOf(first),
    later: [...chunks].filter(([output]) => !first.has(output)).map(([, chunk]) => chunk),
    asked: new Map(asked.map(path => [chunks.get(path)!.name, chunksOf(broughtBy([path], outputs))])),
  }
}

/** Entries, what they import, and what that imports; not what is imported by `import()`. */
function broughtBy(entries: readonly string[], outputs: Metafile['outputs']): ReadonlySet<string> {
  const found = new Set(entries)
  for (const path of found)
    for (const { kind, path: imported, external } of outputs[path]?.imports ?? [])
      if (kind === 'import-statement' && external !== true) found.add(imported)
  return found
}
