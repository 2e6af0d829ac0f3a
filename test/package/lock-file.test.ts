import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

type Lock = {
  readonly packages: Readonly<
    Record<string, { readonly version: string; readonly resolved?: string; readonly integrity?: string }>
  >
}

const root = new URL('../../', import.meta.url)
const lockOf = (folder: string): Lock =>
  JSON.parse(readFileSync(new URL(`${folder}package-lock.json`, root), 'utf8'))

const lock = lockOf('')

describe('the lock file', () => {
  // An npm that runs on an older Node quietly picks older majors, which behave differently.
  test.each([
    ['ky', /^2\./],
    ['p-retry', /^9\./],
    ['uuid', /^14\./],
    ['zod', /^4\./],
    ['msw', /^3\./],
    ['node', /^24\./],
    ['typescript', /^7\./],
    ['vitest', /^5\.1\.0$/],
  ])('holds the %s that the code is written for', (name, version) => {
    expect(lock.packages[`node_modules/${name}`]?.version).toMatch(version)
  })

  test('names no host to install from', () => {
    const named = Object.entries(lock.packages).filter(([, locked]) => locked.resolved !== undefined)
    expect(named).toEqual([])
  })
})

describe('the lock file of each app', () => {
  const apps = readdirSync(new URL('examples/apps/', root))
    .map(name => `examples/apps/${name}/`)
    .filter(folder => existsSync(new URL(`${folder}package.json`, root)))

  test.each(apps)('%s names no host, and no sum of a package that is packed anew for each run', folder => {
    const { packages } = lockOf(folder)
    const named = Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined)
    expect(named.map(([name, { resolved, integrity }]) => [name, resolved, integrity])).toEqual([
      ['node_modules/stillonce', 'file:../stillonce.tgz', undefined],
    ])
  })
})
