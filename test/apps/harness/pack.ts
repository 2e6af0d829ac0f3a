import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder that holds `stillonce.tgz`; the apps are put beside it, as they lie in examples/apps. */
    workshop: string
  }
}

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Packs the package as `npm pack` does, but built in a folder of its own: the dist of the repository may be under work by another run. */
export default function packPackage(project: TestProject): () => void {
  const workshop = mkdtempSync(join(tmpdir(), 'stillonce-apps-'))
  const source = join(workshop, 'package')
  const { files }: { readonly files: readonly string[] } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  )
  const packed = ['package.json', 'README.md', 'LICENSE', ...files.filter(name => name !== 'dist')]
  for (const name of packed) cpSync(join(root, name), join(source, name), { recursive: true })
  const builder = join(root, 'test/package/build.mjs')
  execFileSync(process.execPath, [builder, join(source, 'dist')], { stdio: 'inherit' })

  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', workshop], {
    cwd: source,
  })
  const made = readdirSync(workshop).find(name => name.endsWith('.tgz'))
  if (made === undefined) throw new Error('npm pack made no tarball')
  renameSync(join(workshop, made), join(workshop, 'stillonce.tgz'))
  rmSync(source, { recursive: true })

  project.provide('workshop', workshop)
  return () => rmSync(workshop, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}
