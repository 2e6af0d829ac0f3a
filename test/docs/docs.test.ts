import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { anchorsOf, appBlocksOf, blocksOf, linksOf } from './markdown.ts'
import { PAGES } from './pages.ts'
import { createUserProject, LONGEST_RUN_MS, programsOf, startsDatabase } from './user-project.ts'

const blocks = PAGES.flatMap(blocksOf)
const project = createUserProject(blocks)

afterAll(() => project.remove())

const programs = programsOf(blocks).filter(({ block }) => !startsDatabase(block))

describe('the code of the documentation', { timeout: LONGEST_RUN_MS + 10_000 }, () => {
  test('has the types that it says, in the strictest project', async () => {
    expect(await project.typeCheck()).toBe('')
  })

  test.concurrent.each(programs)(
    '$at runs, prints what the page shows, and ends',
    async ({ block, output }) => {
      expect(await project.run(block)).toEqual({ code: 0, stdout: output, stderr: '' })
    },
  )
})

test.each(PAGES.flatMap(appBlocksOf))('$at stands so in $path', ({ path, code }) => {
  const file = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
  expect(`\n${file}`).toContain(`\n${code}`)
})

describe('a block that is not tested', () => {
  test.each([
    ['a program without its output', '```js\n1\n```\n'],
    ['a mark that means nothing', '<!-- docs: skip -->\n\n```js\n1\n```\n\n```text\n1\n```\n'],
    ['a component that is no file', '```tsx\n1\n```\n'],
    ['another language', '```typescript\n1\n```\n'],
    ['an output of nothing', '```text\n1\n```\n'],
    ['an indented block', '- so:\n\n  ```js\n  1\n  ```\n'],
    ['a block without a language', '```\n1\n```\n'],
    ['a block without an end', '```js\n1\n'],
  ])('is told: %s', (_, markdown) => {
    expect(() => blocksOf({ path: 'docs/a.md', markdown })).toThrow(/^docs\/a\.md:\d+: /)
  })
})

test('the first screen has the three commands, each as a line of its own', () => {
  const [screen = ''] = PAGES[0]?.markdown.split('## ') ?? []
  const commands = ['npm ci && npm run demo', 'npm ci && npm run checkout', 'npm ci && npm test']
  expect(screen.split('\n')).toEqual(expect.arrayContaining(commands))
})

test('every link within the documentation leads somewhere', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const anchors = new Map(PAGES.map(page => [page.path, anchorsOf(page)]))
  const lost = PAGES.flatMap(page =>
    linksOf(page).flatMap(link => {
      const [to = '', anchor] = link.split('#')
      const path = to === '' ? page.path : join(dirname(page.path), to)
      const isThere = anchor === undefined ? existsSync(join(root, path)) : anchors.get(path)?.has(anchor)
      return isThere === true ? [] : [`${page.path}: ${link}`]
    }),
  )
  expect(lost).toEqual([])
})

test('every link of what is packed leads to what is packed', () => {
  const root = new URL('../../', import.meta.url)
  const { files } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    readonly files: readonly string[]
  }
  // npm packs these whatever `files` says.
  const packed = [...files, 'README.md', 'LICENSE', 'package.json']
  const isPacked = (path: string) => packed.some(each => path === each || path.startsWith(`${each}/`))
  const lost = PAGES.filter(({ path }) => isPacked(path)).flatMap(page =>
    linksOf(page)
      .map(link => join(dirname(page.path), link.split('#')[0] ?? ''))
      .filter(path => path !== dirname(page.path) && !isPacked(path))
      .map(path => `${page.path}: ${path}`),
  )
  expect(lost).toEqual([])
})

test('no heading stands on two pages, so that each table has one place', () => {
  const all = PAGES.flatMap(page => [...anchorsOf(page)])
  expect(all.filter((anchor, index) => all.indexOf(anchor) !== index)).toEqual([])
})

test('README.md is short, and leads to every page', () => {
  const [readme] = PAGES
  const lines = readme?.markdown.split('\n').length
  expect(lines).toBeLessThan(260)
  const led = new Set(
    PAGES.flatMap(page => linksOf(page).map(link => join(dirname(page.path), link.split('#')[0] ?? ''))),
  )
  expect(PAGES.map(({ path }) => path).filter(path => path.startsWith('docs/') && !led.has(path))).toEqual([])
})
