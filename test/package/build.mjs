import { readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execFileSync } from 'node:child_process'
import { build } from 'esbuild'

/*
 * Builds the package: types by tsc, a file each; code by esbuild, an entry point each and the chunks that they
 * share, because a cold start pays for every file that it loads. Takes the output folder; default `dist`.
 */
const root = fileURLToPath(new URL('../../', import.meta.url))
const outdir = resolve(process.argv[2] ?? join(root, 'dist'))
const { bin, exports: targets } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const modules = Object.values(targets).flatMap(target => (typeof target === 'string' ? [] : [target.default]))
const entries = [...modules, ...Object.values(bin)]

rmSync(outdir, { recursive: true, force: true })
const compiler = join(root, 'node_modules/typescript/bin/tsc')
execFileSync(process.execPath, [compiler, '--project', join(root, 'src'), '--outDir', outdir], {
  stdio: 'inherit',
})
await build({
  absWorkingDir: root,
  entryPoints: entries.map(file => file.replace('./dist/', 'src/').replace(/\.js$/, '.ts')),
  outdir,
  outbase: 'src',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2023',
  platform: 'neutral',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
})
