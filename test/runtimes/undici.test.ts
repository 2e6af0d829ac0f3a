import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'
import { scriptedServer } from './harness/scripted-server.ts'

/*
 * `stillonce/undici` where undici is not Node's: its code runs in Deno over Deno's own sockets, whose errors prove
 * nothing; Bun puts something else in its place, which has no dispatcher.
 */

const bin = fileURLToPath(new URL('node_modules/.bin/', import.meta.url))

test.each([
  ['node', [], ['executed {"id":1}', 'not-executed unresolved', 'true 200']],
  [
    `${bin}deno`,
    ['run', '--quiet', '--allow-all', '--no-config', '--node-modules-dir=manual'],
    ['executed {"id":1}', 'unknown unresolved', 'true 200'],
  ],
  [
    `${bin}bun`,
    [],
    [
      'undiciFetch: needs the package undici, which this runtime replaces by something else: leave `fetch` out to use its own',
    ],
  ],
])('%s', async (command, options, expected) => {
  const server = await scriptedServer()
  const workshop = inject('workshop')
  const { stdout } = await promisify(execFile)(
    command === 'node' ? process.execPath : command,
    [...options, 'undici.mjs'],
    {
      cwd: workshop,
      env: {
        PATH: process.env['PATH'],
        HOME: workshop,
        DENO_DIR: join(workshop, 'deno'),
        ORIGIN: server.origin,
      },
    },
  )
  expect(stdout.trim().split('\n')).toEqual(expected)
})
