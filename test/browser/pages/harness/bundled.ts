import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Shop } from './shop-server.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** The script of a page of this folder: the package that it imports is its sources, or what was built from them. */
export async function bundled(page: string, dist?: string): Promise<string> {
  const entries = dist === undefined ? join(root, 'src/entries') : join(dist, 'entries')
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(page, import.meta.url))],
    bundle: true,
    format: 'iife',
    platform: 'browser',
    jsx: 'automatic',
    // Its paths are those of the compiler.
    tsconfigRaw: {},
    alias: Object.fromEntries(
      ['index', 'browser', 'react', 'testing'].map(entry => [
        entry === 'index' ? 'stillonce' : `stillonce/${entry}`,
        join(entries, `${entry}.${dist === undefined ? 'ts' : 'js'}`),
      ]),
    ),
    write: false,
    logLevel: 'error',
  })
  return outputFiles[0]?.text ?? ''
}

/** The page that pays with the hook. */
export async function addHookPage(shop: Shop, dist?: string): Promise<void> {
  const page = '<!doctype html><title>Hook</title><body><script src="/hook.js"></script>'
  shop.pages.set('/hook', { type: 'text/html', text: page })
  shop.pages.set('/hook.js', { type: 'text/javascript', text: await bundled('hook-page.tsx', dist) })
}
