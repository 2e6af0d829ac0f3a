import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { COMPILED } from './compiled.ts'
import { buildCode } from './package/build-code.ts'

/**
 * Brings dist up to date: tests of the package, and the processes that tests start, use what is built. Types are
 * for `npm run check` to judge. Nothing is removed first, so that two runs in one folder do not disturb each other.
 */
export default async function buildPackage(): Promise<void> {
  // For the processes of the tests, and for those that they start.
  process.env['NODE_COMPILE_CACHE'] ??= COMPILED
  const root = new URL('..', import.meta.url)
  const compiler = fileURLToPath(new URL('node_modules/typescript/bin/tsc', root))
  execFileSync(process.execPath, [compiler, '--project', 'src/tsconfig.json', '--noCheck'], {
    cwd: root,
    stdio: 'inherit',
  })
  await buildCode(fileURLToPath(new URL('dist', root)))
}
