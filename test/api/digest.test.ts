import { afterEach, describe, expect, test, vi } from 'vitest'
import { systemDigest } from '../../src/runtime/digest.ts'

/** FIPS 180-2, example B.1. */
const OF_ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

afterEach(() => vi.restoreAllMocks())

describe.each(['Node', 'a page'])('SHA-256 in %s', where => {
  test.each<[string, Uint8Array<ArrayBuffer> | Iterable<string>, string]>([
    ['bytes', new TextEncoder().encode('abc'), OF_ABC],
    ['a text', 'abc', OF_ABC],
    ['a text in parts', ['a', '', 'bc'], OF_ABC],
    ['no byte', new Uint8Array(0), OF_NOTHING],
    ['no part', [], OF_NOTHING],
    [
      'a text beyond ASCII, as UTF-8',
      ['ä', '🎲'],
      '22a219c7db194a00ad1eb8ed5572200409b1beb8e9142b381a686850538e296b',
    ],
  ])('of %s', async (_, data, hash) => {
    if (where === 'a page') vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined)
    expect(await systemDigest()(data)).toBe(hash)
  })
})
