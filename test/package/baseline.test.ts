import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { tooNew } from './too-new.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/* What a page loads runs in every browser of Baseline "widely available": docs/checkout-page.md. */

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['index', 'browser', 'core', 'fetch', 'react', 'tanstack'].map(
    name => `src/entries/${name}.ts`,
  ),
  outdir: 'not-written',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'browser',
  external: ['react'],
  metafile: true,
  write: false,
  logLevel: 'silent',
})
const files = Object.keys(metafile.inputs).filter(file => file.startsWith('src/'))

test.each(files)('%s uses what is widely available', file => {
  expect(tooNew(file, readFileSync(join(root, file), 'utf8'))).toEqual([])
})

describe('the scan sees', () => {
  test.each([
    ["URL.parse('/')", 'URL.parse'],
    ['const parse = URL.parse', 'URL.parse'],
    ['globalThis.Temporal', 'Temporal'],
    ['Promise.try(() => 1)', 'Promise.try'],
    ['RegExp.escape(text)', 'RegExp.escape'],
    ['Map.groupBy([], each => each)', undefined],
    ['new Set().union(new Set())', '.union'],
    ['bytes.toHex()', '.toHex'],
    ['new Temporal()', 'Temporal'],
    ['list.toSorted()', undefined],
    ['URL.canParse(text)', undefined],
    ['navigator.locks.request(name, work)', undefined],
    ['const URL = mine; URL.own()', undefined],
    ['type Parse = typeof URL.parse', undefined],
    ['(url as typeof URL).parse', undefined],
  ])('%s', (code, what) => {
    expect(tooNew('page.ts', code)[0]?.what).toBe(what)
  })
})
