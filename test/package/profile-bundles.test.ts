import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, transform } from 'esbuild'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What else is in the folder: how profiles are checked. */
const CHECKS = new Set([
  'made-profile.ts',
  'define-profile.ts',
  'checked-key.ts',
  'checked-words.ts',
  'retention.ts',
])

const profiles = readdirSync(`${root}/src/profiles`).filter(file => !CHECKS.has(file))

/** The profiles in the bundle of a page that says this. */
async function bundledProfiles(contents: string): Promise<readonly string[]> {
  const { metafile } = await build({
    stdin: { contents, resolveDir: `${root}/src/entries` },
    bundle: true,
    format: 'esm',
    minify: true,
    platform: 'browser',
    packages: 'external',
    metafile: true,
    write: false,
    logLevel: 'silent',
    outfile: 'not-written.js',
  })
  const inputs = Object.entries(Object.values(metafile.outputs)[0]?.inputs ?? {})
  const held = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  return held
    .map(([path]) => path.replace(/^src\/profiles\//, ''))
    .filter(file => profiles.includes(file))
    .toSorted()
}

test.each(profiles)('a profile costs at most 600 bytes (gzip): %s', async file => {
  const source = readFileSync(`${root}/src/profiles/${file}`, 'utf8')
  const { code } = await transform(source, { loader: 'ts', minify: true, format: 'esm' })

  expect(gzipSync(code).length).toBeLessThanOrEqual(600)
})

describe('what is not imported is in no bundle', () => {
  test.each([
    ["import { square } from './profiles.ts'; console.log(square)", ['square.ts']],
    ["import { ec2, stripe } from './profiles.ts'; console.log(ec2, stripe)", ['ec2.ts', 'stripe.ts']],
    ["import './profiles.ts'", []],
    ["import { ietf, memoryStore } from './index.ts'; console.log(ietf, memoryStore)", ['ietf.ts']],
  ])('%s', async (contents, held) => {
    expect(await bundledProfiles(contents)).toEqual(held)
  })
})
