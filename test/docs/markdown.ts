import type { Page } from './pages.ts'

/* What the tests need of the documentation: code blocks, tables, links. No more of Markdown than it uses. */

/** A js, ts or tsx block of a page. */
export type Block = {
  /** Page and line, such as `docs/react.md:9`, to name it by. */
  readonly at: string
  readonly language: 'js' | 'ts' | 'tsx'
  readonly code: string
  readonly use: Use
}

/**
 * What a block is for. A program runs and prints what the `text` block after it shows; a file is imported by
 * programs; and what is for its types alone says so, in a comment before it.
 */
type Use =
  | { readonly kind: 'program'; readonly output: string }
  | { readonly kind: 'file'; readonly name: string }
  | { readonly kind: 'types-only' }

type Fence = {
  readonly at: string
  readonly language: string
  readonly code: string
  /** The comment right before it, without `docs:`. */
  readonly mark: string | undefined
}

/**
 * What a page shows of an app: `<!-- docs: app vite/src/checkout.tsx -->` before it names the file in examples/apps; and
 * `<!-- docs: recipe apollo.ts -->` names one in test/sdks/recipes, `<!-- docs: job dbos.mjs -->` one in test/fleet/jobs.
 */
export type AppBlock = { readonly at: string; readonly path: string; readonly code: string }

/** The blocks that stand in an app too, in whatever language: its own build and test check them there. */
export function appBlocksOf(page: Page): readonly AppBlock[] {
  return fencesOf(page).flatMap(({ at, code, mark }) => {
    const path = appOf(mark)
    return path === undefined ? [] : [{ at, path, code }]
  })
}

/** What a page shows of a proxy's settings: `<!-- docs: proxy nginx/advised.conf -->` names the file in test/proxies/configs. */
export function proxyBlocksOf(page: Page): readonly AppBlock[] {
  return fencesOf(page).flatMap(({ at, code, mark }) => {
    const path = /^proxy (\S+)$/.exec(mark ?? '')?.[1]
    return path === undefined ? [] : [{ at, path, code }]
  })
}

/** What a page shows for a shell, Python, Go or PHP, `<!-- docs: shell -->`, and what it prints there. */
export type ShellBlock = {
  readonly at: string
  readonly language: string
  readonly code: string
  readonly output: string
}

export function shellBlocksOf(page: Page): readonly ShellBlock[] {
  const fences = fencesOf(page)
  return fences.flatMap(({ at, language, code, mark }, index) => {
    if (mark !== 'shell') return []
    const next = fences[index + 1]
    if (next?.language !== 'text') throw new Error(`${at}: what is run must be followed by its output`)
    return [{ at, language, code, output: next.code }]
  })
}

/** Where what a page shows of other projects lies. */
const FOLDERS: Readonly<Record<string, string>> = {
  app: 'examples/apps',
  recipe: 'test/sdks/recipes',
  job: 'test/fleet/jobs',
}

function appOf(mark: string | undefined): string | undefined {
  const [, kind = '', path] = /^(app|recipe|job) (\S+)$/.exec(mark ?? '') ?? []
  return path && `${FOLDERS[kind]}/${path}`
}

/** All js, ts and tsx blocks of a page but those of apps, or an Error that names the line where a block is none of the kinds. */
export function blocksOf(page: Page): readonly Block[] {
  const fences = fencesOf(page)
  return fences.flatMap((fence, index) => {
    const { at, code, language } = fence
    if (appOf(fence.mark) !== undefined || fence.mark === 'shell') return []
    // In a language that none of the tests here runs, as the page says.
    if (fence.mark === 'elsewhere') return []
    if (fence.mark?.startsWith('proxy ') === true) return []
    if (language === 'js' || language === 'ts' || language === 'tsx')
      return [{ at, language, code, use: useOf(fence, fences[index + 1]) }]
    const before = fences[index - 1]
    const isOutput =
      language === 'text' &&
      before !== undefined &&
      (/^[jt]s$/.test(before.language) || before.mark === 'shell')
    const isPicture = language === 'text' && fence.mark === 'picture'
    if (!isOutput && !isPicture && language !== 'sh') {
      throw new Error(`${at}: a block of language "${language}" that no test knows`)
    }
    return []
  })
}

function useOf({ at, language, mark }: Fence, next: Fence | undefined): Use {
  const file = /^file (\S+)$/.exec(mark ?? '')?.[1]
  if (file !== undefined) return { kind: 'file', name: file }
  if (language === 'tsx') throw new Error(`${at}: what is for a page must be a file`)
  if (mark === 'types-only') return { kind: 'types-only' }
  if (mark !== undefined) throw new Error(`${at}: "docs: ${mark}" means nothing`)
  if (next?.language !== 'text')
    throw new Error(`${at}: a program must be followed by its output, as a text block`)
  return { kind: 'program', output: next.code }
}

function fencesOf({ path, markdown }: Page): readonly Fence[] {
  const lines = markdown.split('\n')
  const fences: Fence[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const text = lines[at] ?? ''
    const [, language] = /^```(\S+)$/.exec(text) ?? []
    if (language === undefined) {
      if (/^\s*(?:```|~~~)/.test(text)) throw new Error(`${path}:${at + 1}: a fence that no test can read`)
      continue
    }
    const end = lines.indexOf('```', at + 1)
    if (end === -1) throw new Error(`${path}:${at + 1}: this block does not end`)
    fences.push({
      at: `${path}:${at + 1}`,
      language,
      code: `${lines.slice(at + 1, end).join('\n')}\n`,
      mark: markBefore(lines, at),
    })
    at = end
  }
  return fences
}

function markBefore(lines: readonly string[], at: number): string | undefined {
  const before = lines[at - 1] === '' ? lines[at - 2] : lines[at - 1]
  return /^<!-- docs: (.+) -->$/.exec(before ?? '')?.[1]
}

/** The rows of the tables under a heading, cells as they are written, without the tables' heads. */
export function tableRows(markdown: string, heading: string): readonly (readonly string[])[] {
  const rows = section(markdown, heading)
    .split('\n')
    .flatMap((line, index, lines) => (line.startsWith('|') && !isHead(lines, index) ? [cells(line)] : []))
  if (rows.length === 0) throw new Error(`No page has a table under "${heading}"`)
  return rows
}

function isHead(lines: readonly string[], index: number): boolean {
  const ruler = /^\|[\s|:-]+$/
  return ruler.test(lines[index] ?? '') || ruler.test(lines[index + 1] ?? '')
}

function cells(line: string): readonly string[] {
  return line
    .slice(1, line.lastIndexOf('|'))
    .split('|')
    .map(cell => cell.trim())
}

/** What stands under a heading, up to the next one. */
export function section(markdown: string, heading: string): string {
  const prose = withoutCode(markdown)
  const parts = prose.split(/^#+ /m)
  const found = parts.find(part => part.startsWith(`${heading}\n`))
  if (found === undefined) throw new Error(`No page has the heading "${heading}"`)
  return found
}

/** What stands in backticks. */
export function quoted(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(match => match[1] ?? '')
}

/** Where the links of a page lead, other sites apart: as they are written. */
export function linksOf({ markdown }: Page): readonly string[] {
  const links = [...withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(match => match[1] ?? '')
  return links.filter(link => !/^[a-z]+:/.test(link))
}

/** What can be linked to on a page: its headings, as GitHub makes anchors of them (lower case, letters, digits, hyphens). */
export function anchorsOf({ markdown }: Page): ReadonlySet<string> {
  const headings = [...withoutCode(markdown).matchAll(/^#+ (.+)$/gm)].map(match => match[1] ?? '')
  return new Set(
    headings.map(text =>
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^```[\s\S]*?^```$/gm, '')
}
