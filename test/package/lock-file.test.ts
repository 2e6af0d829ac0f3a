import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const lock: {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly resolved?: string }>>
} = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'))

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
