import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { MAY_IMPORT } from './arrows.ts'

/*
 * ARCHITECTURE.md is one page: a picture of a run, a line for each folder, the common changes, the arrows. src/README.md has a
 * line for each file. What both name is there, and nothing of src is left out.
 */

const root = new URL('../../', import.meta.url)
const page = readFileSync(new URL('ARCHITECTURE.md', root), 'utf8')
const list = readFileSync(new URL('src/README.md', root), 'utf8')
const files = readdirSync(new URL('src/', root), { recursive: true, encoding: 'utf8' })
  .map(file => file.replaceAll('\\', '/'))
  .filter(file => file.endsWith('.ts'))
const folders = [...new Set(files.map(file => file.split('/').slice(0, -1).join('/')))]

/** The paths of the tree in the page, by their indentation; folders end with a slash. */
function treeOf(text: string): readonly string[] {
  const block = /```\n(src\/\n[\s\S]*?)```/.exec(text)?.[1] ?? ''
  const above: string[] = []
  return block.split('\n').flatMap(line => {
    const [, indent, name] = /^( *)([\w.-]+(?:\.ts|\/))(?: |$)/.exec(line) ?? []
    if (indent === undefined || name === undefined) return line.trim() === '' ? [] : [`not a line: ${line}`]
    above.splice(indent.length / 2, Number.POSITIVE_INFINITY, name)
    return [above.join('')]
  })
}

describe.each([
  ['the tree', page, 30],
  ['the list of files', list, 100],
])('%s', (_, text, atLeast) => {
  const tree = treeOf(text).filter(path => path.startsWith('src/'))

  test('names files and folders that are there', () => {
    expect(tree.length).toBeGreaterThan(atLeast)
    const there = new Set(['src/', ...files.map(file => `src/${file}`)])
    for (const folder of folders)
      for (let path = folder; path !== ''; path = path.split('/').slice(0, -1).join('/'))
        there.add(`src/${path}/`)
    expect(tree.filter(path => !there.has(path))).toEqual([])
  })

  test('has a line for each folder', () => {
    expect(folders.filter(folder => !tree.includes(`src/${folder}/`))).toEqual([])
  })
})

test('the list names each file, but those that are one of a kind in their folder', () => {
  const block = /```\n(src\/\n[\s\S]*?)```/.exec(list)?.[1] ?? ''
  const named = new Set([...block.matchAll(/[\w.-]+\.ts\b/g)].map(([name]) => name))
  const isOneOfAKind = (file: string) =>
    /^(?:entries|profiles|transports)\//.test(file) || file.startsWith('testing/store-contract-')
  expect(files.filter(file => !isOneOfAKind(file) && !named.has(file.split('/').at(-1) ?? ''))).toEqual([])
})

test('ARCHITECTURE.md stays one page', () => {
  expect(page.split('\n').length).toBeLessThan(190)
})

test('every file that the pages name is there, in the folder that they say', () => {
  const named = [...`${page}\n${list}`.matchAll(/(?<![\w./-])[\w/-]+\.ts\b/g)].map(([path]) => path)
  const isThere = (path: string) =>
    files.some(file => file === path || file.endsWith(`/${path}`)) || path.startsWith('test/package/')
  expect(named.length).toBeGreaterThan(100)
  expect(named.filter(path => !isThere(path))).toEqual([])
})

test('at least twenty changes have their files', () => {
  const [, table = ''] = page.split('## To change')
  const rows = (table.split('\n## ')[0] ?? '').split('\n').filter(line => line.startsWith('| '))
  expect(rows.length - 2).toBeGreaterThanOrEqual(20)
  const path = /`(?:[\w-]+\/)*[\w-]+\.ts`|`[a-z]+(?:\/[a-z]+)*`/
  expect(rows.slice(2).filter(row => !path.test(row.split(' | ').slice(1).join()))).toEqual([])
})

test('the table of arrows is the one that is checked', () => {
  const rows = [...page.matchAll(/^\| `([\w/-]+)` +\| (.*?) *\|$/gm)].map(
    ([, folder, allowed]) => [folder, allowed?.replaceAll('`', '')] as const,
  )
  const checked = Object.entries(MAY_IMPORT).map(([folder, allowed]) => [
    folder,
    allowed.join(', ') || 'nothing',
  ])
  const areas = new Set(Object.keys(MAY_IMPORT))
  expect(rows.filter(([folder]) => areas.has(folder ?? ''))).toEqual(checked)
})
