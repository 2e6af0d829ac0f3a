import { describe, expect, test } from 'vitest'
import { isLacking } from './children/missing.ts'
import { MISSING } from './figure.ts'
import { lacking } from './lock-file.ts'
import { archiveArguments, childOf, rootOf } from './ref.ts'
import { toldBy } from './told.ts'

describe('the tree of a ref', () => {
  test('is taken from git as one archive', () => {
    expect(archiveArguments('f4b903b', '/tmp/ref/tree.tar')).toEqual([
      'archive',
      '--format=tar',
      '--output=/tmp/ref/tree.tar',
      'f4b903b',
    ])
  })

  test.each(['--remote=ssh://host', '-v', ''])('is of no commit named %j', name => {
    expect(() => archiveArguments(name, 'tree.tar')).toThrow('is no name of a commit')
  })

  test('holds the children that measure it', () => {
    const ref = { name: 'v1', root: new URL('file:///tmp/ref/') }
    expect(childOf('worker.ts', ref).href).toBe('file:///tmp/ref/test/bench/children/worker.ts')
    expect(childOf('worker.ts', undefined).href).toBe(new URL('children/worker.ts', import.meta.url).href)
    expect(rootOf(undefined).href).toBe(new URL('../../', import.meta.url).href)
  })
})

describe('the packages of a ref', () => {
  const ours = {
    packages: {
      '': { version: '2.0.0' },
      'node_modules/ky': { version: '2.1.0' },
      'node_modules/zod': { version: '4.6.7' },
    },
  }

  test('are those of this checkout where all are there, whatever the version of this one and whatever else is there', () => {
    const ref = { packages: { '': { version: '1.0.0' }, 'node_modules/ky': { version: '2.1.0' } } }
    expect(lacking(ref, ours)).toEqual([])
  })

  test('are its own where one is missing or of another version', () => {
    const ref = {
      packages: {
        'node_modules/idb': { version: '8.0.4' },
        'node_modules/ky': { version: '2.0.0' },
        'node_modules/zod': { version: '4.6.7' },
      },
    }
    expect(lacking(ref, ours)).toEqual(['node_modules/idb', 'node_modules/ky'])
  })
})

describe('a ref lacks', () => {
  const notExported = Object.assign(new Error('No "exports" main'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })

  test.each([
    ['an entry', notExported, true],
    [
      'a name of an entry',
      new SyntaxError("The requested module 'stillonce/core' does not provide an export named 'ietf'"),
      true,
    ],
    [
      'nothing: another package does',
      new SyntaxError("The requested module 'ky' does not provide an export named 'x'"),
      false,
    ],
    ['nothing: it failed', new TypeError('createClient is not a function'), false],
    ['nothing: what was thrown is no error', 'ERR_PACKAGE_PATH_NOT_EXPORTED', false],
  ])('%s', (_, error, expected) => {
    expect(isLacking(error)).toBe(expected)
  })

  test('an entry, as the process tells that imports it', async () => {
    const child = childOf('cold-import.ts', undefined)
    expect(await toldBy(child, ['', 'stillonce/core', 'stillonce/not-yet'])).toBe(MISSING)
    expect(await toldBy(child, ['', 'stillonce/core'])).toEqual(expect.any(Number))
  })
})
