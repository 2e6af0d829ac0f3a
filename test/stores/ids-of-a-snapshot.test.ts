import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { platform } from '../../src/runtime/platform.ts'
import { writeVersion, writeVersions } from '../../src/stores/write-version.ts'

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

test('versions of two writers are two, in the form of a UUID, as records in Redis have them', () => {
  const [one, other] = [writeVersion(), writeVersion()]
  expect(one).not.toBe(other)
  expect(one).toMatch(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/)
})

test('versions that are made together are as many as were asked for, each another one', () => {
  const versions = [...writeVersions(3), ...writeVersions(3)]
  expect(new Set(versions).size).toBe(6)
  for (const version of versions) expect(version).toMatch(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/)
})
