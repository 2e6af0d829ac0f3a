import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildCode } from './build-code.ts'

/* Builds the package: types by tsc, a file each; code by esbuild. Takes the output folder; default `dist`. */
const root = fileURLToPath(new URL('../../', import.meta.url))
const outdir = resolve(process.argv[2] ?? join(root, 'dist'))

rmSync(outdir, { recursive: true, force: true })
const compiler = join(root, 'node_modules/typescript/bin/tsc')
execFileSync(process.execPath, [compiler, '--project', join(root, 'src'), '--outDir', outdir], {
  stdio: 'inherit',
})
await buildCode(outdir)
