import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { blocksOf, pageLinks } from './markdown.ts'
import { createUserProject, LONGEST_RUN_MS } from './user-project.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const blocks = blocksOf(readme)
const project = createUserProject(blocks)

afterAll(() => project.remove())

const programs = blocks.flatMap(block =>
  block.use.kind === 'program' ? [{ block, line: block.line, output: block.use.output }] : [],
)

describe('the code of the README', { timeout: LONGEST_RUN_MS + 10_000 }, () => {
  test('has the types that it says, in the strictest project', async () => {
    expect(await project.typeCheck()).toBe('')
  })

  test.concurrent.each(programs)(
    'line $line runs, prints what the README shows, and ends',
    async ({ block, output }) => {
      expect(await project.run(block)).toEqual({ code: 0, stdout: output, stderr: '' })
    },
  )
})

describe('a block of the README that is not tested', () => {
  test.each([
    ['a program without its output', '```js\n1\n```\n'],
    ['a mark that means nothing', '<!-- readme: skip -->\n\n```js\n1\n```\n\n```text\n1\n```\n'],
    ['a component that is no file', '```tsx\n1\n```\n'],
    ['another language', '```typescript\n1\n```\n'],
    ['an output of nothing', '```text\n1\n```\n'],
    ['an indented block', '- so:\n\n  ```js\n  1\n  ```\n'],
    ['a block without a language', '```\n1\n```\n'],
    ['a block without an end', '```js\n1\n'],
  ])('is told: %s', (_, markdown) => {
    expect(() => blocksOf(markdown)).toThrow(/^README\.md:\d+: /)
  })
})

test('the first screen has the three commands, each as a line of its own', () => {
  const [screen = ''] = readme.split('## ')
  const commands = ['npm ci && npm run demo', 'npm ci && npm run checkout', 'npm ci && npm test']
  expect(screen.split('\n')).toEqual(expect.arrayContaining(commands))
})

test('links within the README lead somewhere', () => {
  const { used, there } = pageLinks(readme)
  expect(used.filter(anchor => !there.has(anchor))).toEqual([])
  expect(used.length).toBeGreaterThan(0)
})
