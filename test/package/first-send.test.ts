import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { neededBeforeFirstSend } from './first-send.ts'
import { bundlePage, type PageBundle } from './page-bundle.ts'
import { PAGES } from './pages.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const encoder = new TextEncoder()

/** A page in place of ours: what it asks for before it sends, and after. */
function pageOf(code: string, parts: Readonly<Record<string, string>>): PageBundle {
  const later = Object.entries(parts).map(([name, text]) => ({ name, code: encoder.encode(text) }))
  return {
    first: [{ name: 'page.js', code: encoder.encode(code) }],
    later,
    asked: new Map(later.map(chunk => [chunk.name, [chunk]])),
  }
}

const PAGE = `
  export const ietf = {}
  export const fetchTransport = () => ({})
  export const indexedDBStore = () => ({
    async get() {
      const { open } = await import('./database.js')
      open()
    },
  })
  export const createClient = () => ({
    operation: () => ({
      async run() {
        import('./beside.js').catch(() => {})
        const { send } = await import('./sending.js')
        await send()
        await import('./after.js')
      },
    }),
  })`

const PARTS = {
  'after.js': 'export {}',
  'beside.js': 'export {}',
  'database.js': `export const open = () => indexedDB.open('records')`,
  'sending.js': `export const send = () => fetch('http://shop.test/')`,
}

test('needed before the first send is what nothing is sent without, and what opens the database', async () => {
  const needed = await neededBeforeFirstSend(pageOf(PAGE, PARTS))
  expect(needed.map(({ name }) => name)).toEqual(['database.js', 'sending.js'])
})

test('a page that sends nothing is told, not counted', async () => {
  const silent = pageOf(PAGE, { ...PARTS, 'sending.js': 'export const send = () => {}' })
  await expect(neededBeforeFirstSend(silent)).rejects.toThrow('The page sends nothing')
})

test('a page of ours needs the part that performs, and not all that it may load', async () => {
  const page = await bundlePage(root, PAGES['browser-fetch'].contents)
  const needed = await neededBeforeFirstSend(page)
  expect(needed.length).toBeGreaterThan(0)
  expect(needed.length).toBeLessThan(page.later.length)
})
