import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** A page of the documentation. */
export type Page = {
  /** From the root of the repository, such as `docs/react.md`. */
  readonly path: string
  readonly markdown: string
}

const folder = readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.md'))
  .map(name => `docs/${name.replaceAll('\\', '/')}`)

/** README.md, what lies in docs, CONTRIBUTING.md and SECURITY.md. */
export const PAGES: readonly Page[] = [
  'README.md',
  ...folder.toSorted(),
  'CONTRIBUTING.md',
  'SECURITY.md',
].map(path => ({
  path,
  markdown: readFileSync(root + path, 'utf8'),
}))

/** All pages as one text: tables and sections are found by their headings, on whatever page they stand. */
export const manual = PAGES.map(({ markdown }) => markdown).join('\n')
