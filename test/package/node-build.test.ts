import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const entries = fileURLToPath(new URL('../../dist/node/entries/', import.meta.url))

/** The files of the build for Node that an entry brings before its first line runs. */
function broughtBy(entry: string): ReadonlySet<string> {
  const files = new Set([join(entries, entry)])
  for (const file of files)
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b.*?"(\.[^"]+)"/gm))
      files.add(join(dirname(file), path!))
  return files
}

test.each(['index.js', 'core.js', 'fetch.js'])(
  'in Node an entry of the client brings little code, and not what performs: %s',
  entry => {
    const files = [...broughtBy(entry)]
    const bytes = files.map(file => readFileSync(file).length).reduce((sum, length) => sum + length)

    expect(files.filter(file => /\/performing-/.test(file))).toEqual([])
    expect(bytes).toBeGreaterThan(2_000)
    expect(bytes).toBeLessThan(134_500)
  },
)

test.each(['postgres.js', 'redis.js'])(
  'in Node the entry of a store brings the store, and nothing of what performs: %s',
  entry => {
    const files = [...broughtBy(entry)]
    const bytes = files.map(file => readFileSync(file).length).reduce((sum, length) => sum + length)

    expect(files.filter(file => /\/(?:performing|pending|look|client)-/.test(file))).toEqual([])
    expect(bytes).toBeLessThan(75_000)
  },
)
