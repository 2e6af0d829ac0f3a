import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { shellBlocksOf } from '../docs/markdown.ts'
import { startApp } from './harness/app.ts'
import { emptyLedger } from './harness/customer.ts'
import { findOrInstall } from './harness/find-or-install.ts'
import { paysOnce } from './harness/pays-once.ts'
import { openShop } from './harness/shop.ts'

const shop = openShop('html')

paysOnce(shop, '/', id => `/?order=${id}`)

const path = 'docs/curl-and-other-languages.md'
const blocks = shellBlocksOf({
  path,
  markdown: readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'),
})

beforeAll(() => {
  findOrInstall('curl', ['curl'])
  findOrInstall('python3', ['python3'])
  findOrInstall('php', ['php-cli', 'php-curl'], ['-r', 'curl_init();'])
  findOrInstall('go', ['golang-go'], ['version'])
})

/** How a block is run. */
const RUN: Readonly<Record<string, (code: string) => readonly [program: string, ...args: string[]]>> = {
  sh: code => ['bash', '-c', code],
  python: code => ['python3', '-c', code],
  php: code => ['php', '-r', code],
  go: code => {
    const file = join(mkdtempSync(join(inject('workshop'), 'go-')), 'main.go')
    writeFileSync(file, code)
    return ['go', 'run', file]
  },
}

test(`the ${blocks.length} blocks of ${path} print what it shows, one after another`, async () => {
  const app = await startApp(shop().installed)
  onTestFinished(app.stop)
  await emptyLedger(app)
  expect(blocks.map(({ language }) => language)).toEqual(['sh', 'sh', 'sh', 'sh', 'python', 'go', 'php'])
  for (const { at, language, code, output } of blocks) {
    const own = code.replaceAll('http://localhost:3000', app.direct)
    const [program = '', ...args] = RUN[language]?.(own) ?? []
    const { stdout } = await promisify(execFile)(program, args)
    expect({ at, printed: withoutTrailing(stdout) }).toEqual({ at, printed: withoutTrailing(output) })
  }
})

/** An editor takes spaces off the ends of lines, and curl's last answer has no line end. */
function withoutTrailing(text: string): string {
  return text.trimEnd().replaceAll(/ +$/gm, '')
}
