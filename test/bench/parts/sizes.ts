import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { neededBeforeFirstSend } from '../../package/first-send.ts'
import type { Chunk } from '../../package/page-bundle.ts'
import { bundlePage } from '../../package/page-bundle.ts'
import { PAGES } from '../../package/pages.ts'
import type { Both, Figure } from '../figure.ts'
import { aimed, each, figureOf } from '../figure.ts'
import type { Part } from '../part.ts'
import type { Ref } from '../ref.ts'
import { rootOf } from '../ref.ts'

/** Bytes. */
type Sizes = { readonly first: number; readonly beforeFirstSend: number; readonly all: number }

type OurPage = { readonly name: string; readonly contents: string; readonly goals: Sizes }

const OURS: readonly OurPage[] = [
  {
    name: 'stillonce with IndexedDB, plain fetch',
    contents: PAGES['browser-fetch'].contents,
    goals: { first: 12_500, beforeFirstSend: 30_000, all: 46_000 },
  },
  {
    name: 'stillonce with IndexedDB, ky',
    contents: PAGES['browser-ky'].contents,
    goals: { first: 21_000, beforeFirstSend: 39_000, all: 55_000 },
  },
]

/* Written so that nothing is left out that a call with retries needs. */
const RIVALS = {
  'p-retry': `export { default } from 'p-retry'`,
  uuid: `export { v4 } from 'uuid'`,
  ky: `export { default } from 'ky'`,
  'ky, p-retry, uuid': `export { default as ky } from 'ky'; export { default } from 'p-retry'; export { v4 } from 'uuid'`,
  'idempotent-fetch': `export { idempotentFetch } from 'idempotent-fetch'`,
  'axios, axios-retry': `export { default as axios } from 'axios'; export { default } from 'axios-retry'`,
  'stripe-node': `export { default } from 'stripe'`,
}

export function sizesPart(): Part {
  return {
    title: 'Bytes of a page, gzip',
    how:
      'The built package, bundled by esbuild, minified, code split. "First chunk" is what the page loads before it ' +
      'runs; "before the first send" that, and each later chunk without which nothing is sent or the database is not ' +
      'opened. Each file is compressed by itself, gzip -9.',
    async measure(ref) {
      const figures: Figure[] = []
      for (const page of OURS) {
        const here = await sizesOf(page, undefined)
        const there = ref && (await sizesOf(page, ref))
        const sizes: Both<Sizes> = { here: [here], there: there && [there] }
        figures.push(
          sizeFigure(
            `first chunk: ${page.name}`,
            each(sizes, ({ first }) => first),
            page.goals.first,
          ),
          sizeFigure(
            `before the first send: ${page.name}`,
            each(sizes, ({ beforeFirstSend }) => beforeFirstSend),
            page.goals.beforeFirstSend,
          ),
          sizeFigure(
            `all: ${page.name}`,
            each(sizes, ({ all }) => all),
            page.goals.all,
          ),
        )
      }
      for (const [name, contents] of Object.entries(RIVALS)) {
        const { first, later } = await bundlePage(folderOf(undefined), contents)
        figures.push(figureOf(name, 'bytes', { here: [total([...first, ...later])] }))
      }
      return figures
    },
  }
}

function sizeFigure(what: string, bytes: Both, limit: number): Figure {
  return aimed(figureOf(what, 'bytes', bytes), { of: 'measured', is: 'at most', limit })
}

async function sizesOf({ contents }: OurPage, ref: Ref | undefined): Promise<Sizes> {
  const page = await bundlePage(folderOf(ref), contents)
  const needed = await neededBeforeFirstSend(page)
  return {
    first: total(page.first),
    beforeFirstSend: total([...page.first, ...needed]),
    all: total([...page.first, ...page.later]),
  }
}

function folderOf(ref: Ref | undefined): string {
  return fileURLToPath(rootOf(ref))
}

function total(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).byteLength, 0)
}
