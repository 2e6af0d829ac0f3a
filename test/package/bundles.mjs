import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/*
 * Bundles the built package as a page would, for size-limit (.size-limit.json): in `.bundles/NAME/first` what the
 * page loads before it runs, in `.bundles/NAME/later` what `createClient` begins to load.
 */
const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = join(root, '.bundles')

const PAGES = {
  ky: `export { createClient, memoryStore, ietf } from './dist/entries/index.js'`,
  fetch: `export { createClient, memoryStore, ietf } from './dist/entries/core.js'
          export { fetchTransport } from './dist/entries/fetch.js'`,
  'browser-ky': `export { createClient, ietf } from './dist/entries/index.js'
                 export { indexedDBStore } from './dist/entries/browser.js'`,
  'browser-fetch': `export { createClient, ietf } from './dist/entries/core.js'
                    export { fetchTransport } from './dist/entries/fetch.js'
                    export { indexedDBStore } from './dist/entries/browser.js'`,
  'browser-ky-react': `export { createClient, ietf } from './dist/entries/index.js'
                       export { indexedDBStore } from './dist/entries/browser.js'
                       export { useIdempotentMutation } from './dist/entries/react.js'`,
  'browser-fetch-react': `export { createClient, ietf } from './dist/entries/core.js'
                          export { fetchTransport } from './dist/entries/fetch.js'
                          export { indexedDBStore } from './dist/entries/browser.js'
                          export { useIdempotentMutation } from './dist/entries/react.js'`,
  react: `export { useIdempotentMutation } from './dist/entries/react.js'`,
  'react-tanstack': `export { mutationOptions, mutationStatus } from './dist/entries/react.js'`,
  'web-storage': `export { webStorageStore } from './dist/entries/browser.js'`,
}

rmSync(folder, { recursive: true, force: true })
for (const [name, contents] of Object.entries(PAGES)) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    stdin: { contents, resolveDir: root, sourcefile: 'page.js' },
    outdir: join(folder, name),
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    // The page has its own.
    external: ['react'],
    metafile: true,
    write: false,
    logLevel: 'error',
  })
  const first = firstChunks(metafile.outputs)
  for (const path of Object.keys(metafile.outputs)) {
    const chunk = outputFiles.find(file => file.path === join(root, path))
    const target = join(folder, name, first.has(path) ? 'first' : 'later', path.split('/').at(-1) ?? '')
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, chunk?.contents ?? '')
  }
}

/** The entry and what it imports, and what that imports; not what is imported dynamically. */
function firstChunks(outputs) {
  const entry = Object.keys(outputs).find(path => outputs[path].entryPoint?.endsWith('page.js'))
  const found = new Set([entry])
  for (const path of found)
    for (const { kind, path: imported, external } of outputs[path].imports)
      if (kind === 'import-statement' && !external) found.add(imported)
  return found
}
