import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { chunkOf } from './chunk-of.ts'
import { ENTRIES } from './entry-files.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * The same code for Node, which pays for every file that it loads: a file for each entry, and a few that they share
 * (chunk-of.ts). Nothing is minified, so that stacks name lines that can be read.
 */
export async function buildNode(outdir: string): Promise<void> {
  const bundle = await rolldown({
    input: Object.fromEntries(ENTRIES.map(entry => [entry, join(root, 'src', `${entry}.ts`)])),
    platform: 'neutral',
    preserveEntrySignatures: 'allow-extension',
    // Without the paths of tsconfig.json, which lead to the sources.
    tsconfig: false,
    transform: { target: 'es2023' },
    external: id => /^[^./]/.test(id) && id !== 'uuid',
    resolve: { alias: { uuid: join(root, 'node_modules/uuid/dist/index.js') } },
    treeshake: { moduleSideEffects: false },
    // The directive of the hook stays where bundlers look: at the head of its file.
    checks: { moduleLevelDirective: false },
  })
  await bundle.write({
    dir: outdir,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    comments: { annotation: true, jsdoc: false, legal: true },
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ debugName: 'chunkOf', name: chunkOf(join(root, 'src'), ENTRIES) }],
    },
  })
  await bundle.close()
}
