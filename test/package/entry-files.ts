import { readFileSync } from 'node:fs'

type Manifest = {
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>
}

const manifest: Manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

/** What users import, and the command: paths under `src` without their ending, as `entries/core`. */
export const ENTRIES: readonly string[] = [
  ...Object.values(manifest.exports).flatMap(target => (typeof target === 'string' ? [] : [target.default])),
  ...Object.values(manifest.bin),
].map(file => file.replace(/^\.\/dist\/(?:node\/)?/, '').replace(/\.js$/, ''))
