import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import v8 from 'node:v8'
import { buildSync } from 'esbuild'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { platform } from '../../src/runtime/platform.ts'
import { nextVersion } from '../../src/stores/next-version.ts'
import { writeVersion } from '../../src/stores/write-version.ts'

/*
 * Processes that start from one snapshot of Node give out the same `crypto.randomUUID()`
 * (findings/node-gives-processes-of-one-snapshot-the-same-ids.sh): here it gives the same again and again.
 */
const stock = randomUUID()
beforeEach(() => void vi.spyOn(crypto, 'randomUUID').mockReturnValue(stock))
afterEach(() => vi.restoreAllMocks())

test('keys of two processes are two, and UUIDs of version 4', () => {
  const [one, other] = [platform.createKey(), platform.createKey()]
  expect(one).not.toBe(other)
  expect(one).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
})

test('random bits are asked for once for many keys, each another one', () => {
  for (let index = 0; index < 64; index += 1) platform.createKey()
  const asked = vi.spyOn(crypto, 'getRandomValues')
  const keys = Array.from({ length: 64 }, () => platform.createKey())
  expect(asked).toHaveBeenCalledTimes(1)
  expect(new Set(keys).size).toBe(64)
})

test.each([
  ['while Node writes a snapshot', () => 1],
  [
    'in a runtime that cannot say so, as Bun 1.3',
    () => {
      throw new Error('node:v8 isBuildingSnapshot is not yet implemented')
    },
  ],
])('%s no bits are in stock that its processes would share', (_, isBuilding) => {
  const asked = vi.spyOn(crypto, 'getRandomValues')
  // To the first key of a stock, and then to its last.
  while (asked.mock.calls.length === 0) platform.createKey()
  for (let index = 1; index < 64; index += 1) platform.createKey()
  // @ts-expect-error -- a number, against Node's own types
  vi.spyOn(v8.startupSnapshot, 'isBuildingSnapshot').mockImplementation(isBuilding)
  platform.createKey()
  platform.createKey()
  expect(asked).toHaveBeenCalledTimes(3)
})

test('two processes that start from one snapshot, which made a key itself, make other keys', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stillonce-snapshot-'))
  try {
    const entryPoint = join(folder, 'program.ts')
    const source = new URL('../../src/runtime/platform.ts', import.meta.url).href
    writeFileSync(
      entryPoint,
      `import v8 from 'node:v8'
       import { platform } from ${JSON.stringify(fileURLToPath(source))}
       platform.createKey()
       v8.startupSnapshot.setDeserializeMainFunction(() => console.log(platform.createKey()))`,
    )
    const program = join(folder, 'program.cjs')
    buildSync({ entryPoints: [entryPoint], bundle: true, platform: 'node', format: 'cjs', outfile: program })
    const node = (...args: readonly string[]) =>
      execFileSync(process.execPath, ['--snapshot-blob', join(folder, 'program.blob'), ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
    node('--build-snapshot', program)
    const [one, other] = [node('main'), node('main')]
    expect(one).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}\n$/)
    expect(one).not.toBe(other)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('versions of two writers are two, in the form of a UUID, as records in Redis have them', () => {
  const [one, other] = [writeVersion(), writeVersion()]
  expect(one).not.toBe(other)
  expect(one).toMatch(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/)
})

test('versions are made of the same stock, each another one', () => {
  for (let index = 0; index < 64; index += 1) writeVersion()
  const asked = vi.spyOn(crypto, 'getRandomValues')
  const versions = Array.from({ length: 64 }, writeVersion)
  expect(asked).toHaveBeenCalledTimes(1)
  expect(new Set(versions).size).toBe(64)
})

test('versions that count have the form of a UUID, and new random digits before the count begins again', () => {
  const versions = Array.from({ length: 180_001 }, nextVersion)
  expect(new Set(versions).size).toBe(180_001)
  expect(versions.filter(version => !/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(version))).toEqual([])
  expect(new Set(versions.map(version => version.slice(0, 31))).size).toBe(3)
})

test('while Node writes a snapshot no version leaves a count that its processes would share', () => {
  // To the end of a count.
  while (!nextVersion().endsWith('99999'));
  // @ts-expect-error -- a number, against Node's own types
  const building = vi.spyOn(v8.startupSnapshot, 'isBuildingSnapshot').mockImplementation(() => 1)
  const beginnings = [nextVersion(), nextVersion()].map(version => version.slice(0, 31))
  expect(beginnings[0]).not.toBe(beginnings[1])
  building.mockRestore()
  expect(nextVersion()).toMatch(/10000$/)
})
