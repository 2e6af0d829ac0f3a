import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { neededBeforeFirstSend } from './first-send.ts'
import { bundlePage } from './page-bundle.ts'
import { PAGES } from './pages.ts'

/*
 * Bundles the built package as a page would, for size-limit (.size-limit.json): in `.bundles/NAME/first` what the
 * page loads before it runs, in `.bundles/NAME/needed` what it loads then before the first byte is sent (where the
 * page is one that sends), in `.bundles/NAME/later` what is left.
 */
const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = join(root, '.bundles')

rmSync(folder, { recursive: true, force: true })
for (const [name, { contents, sends }] of Object.entries(PAGES)) {
  const page = await bundlePage(root, contents)
  const needed = sends ? await neededBeforeFirstSend(page) : []
  write(name, 'first', page.first)
  write(name, 'needed', needed)
  write(
    name,
    'later',
    page.later.filter(chunk => !needed.includes(chunk)),
  )
}

function write(name, when, chunks) {
  const target = join(folder, name, when)
  if (chunks.length > 0) mkdirSync(target, { recursive: true })
  for (const chunk of chunks) writeFileSync(join(target, chunk.name), chunk.code)
}
