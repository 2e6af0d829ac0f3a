import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { buildNode } from './build-node.ts'
import { ENTRIES } from './entry-files.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Packages are the user's to load, but for uuid: of its 20 files, which cost a cold start more than ours, one function is used. */
const PACKAGES: Plugin = {
  name: 'packages',
  setup(esbuild) {
    // The client's timers of Node, for which there is a build of its own.
    esbuild.onResolve({ filter: /\/shared-timers\.ts$/ }, ({ importer }) =>
      importer.endsWith('/platform.ts') ? { path: 'none', namespace: 'no-timers' } : undefined,
    )
    esbuild.onLoad({ filter: /^none$/, namespace: 'no-timers' }, () => ({
      contents: 'export const sharedTimers = undefined',
    }))
    // Its index would bring what follows from other UUIDs, which only `client.fetch` makes, to every page.
    esbuild.onResolve({ filter: /^uuid$/ }, ({ importer }) => ({
      path: importer.endsWith('/uuid-after.ts') ? 'v5' : 'v4',
      namespace: 'uuid',
      sideEffects: false,
    }))
    esbuild.onLoad({ filter: /./, namespace: 'uuid' }, ({ path }) => ({
      contents: UUID[path] ?? '',
      resolveDir: join(root, 'node_modules/uuid/dist'),
    }))
    esbuild.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' ? undefined : { path, external: true },
    )
  },
}

const UUID: Readonly<Record<string, string>> = {
  v4: `export { default as v4 } from './v4.js'`,
  v5: `export { default as v5 } from './v5.js'
export { default as validate } from './validate.js'`,
}

/**
 * The package's code: an entry point each and the chunks that they share, small enough that a page's bundler takes what
 * the page needs; in `node` the same for Node.
 */
export async function buildCode(outdir: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: ENTRIES.map(entry => `src/${entry}.ts`),
    outdir,
    outbase: 'src',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    plugins: [PACKAGES],
    sourcemap: true,
    logLevel: 'warning',
  })
  await buildNode(join(outdir, 'node'))
}
