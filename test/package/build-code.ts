import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const root = fileURLToPath(new URL('../../', import.meta.url))

type Manifest = {
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>
}

/** Packages are the user's to load, but for uuid: of its 20 files, which cost a cold start more than ours, one function is used. */
const PACKAGES: Plugin = {
  name: 'packages',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^uuid$/ }, () => ({ path: UUID_V4, sideEffects: false }))
    esbuild.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' ? undefined : { path, external: true },
    )
  },
}

const UUID_V4 = join(root, 'node_modules/uuid/dist/index.js')

/** The package's code: an entry point each and the chunks that they share, because a cold start pays for every file that it loads. */
export async function buildCode(outdir: string): Promise<void> {
  const { bin, exports: targets }: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const modules = Object.values(targets).flatMap(target =>
    typeof target === 'string' ? [] : [target.default],
  )
  await build({
    absWorkingDir: root,
    entryPoints: [...modules, ...Object.values(bin)].map(file =>
      file.replace('./dist/', 'src/').replace(/\.js$/, '.ts'),
    ),
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
}
