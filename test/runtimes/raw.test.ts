import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRuntime, type RunningRuntime } from './harness/runtimes.ts'
import { scriptedServer, type Meets, type ScriptedServer } from './harness/scripted-server.ts'

/*
 * What the fetch of each runtime does with a POST, without this package: how often it sends, and what it tells. These are
 * the facts of docs/runtimes.md; the package relies on none that it has not seen of the fetch in use.
 */

type Case = { readonly steps: readonly Meets[]; readonly given?: object }

const CASES = {
  answered: { steps: ['answer'] },
  'reused connection, closed (FIN) before the answer': { steps: ['fin'], given: { warm: true } },
  'reused connection, reset (RST) before the answer': { steps: ['rst'], given: { warm: true } },
  'fresh connection, closed before the answer': { steps: ['fin'] },
  'fresh connection, reset before the answer': { steps: ['rst'] },
  '408 and close on a reused connection': { steps: [{ status: 408, closes: true }], given: { warm: true } },
  '421': { steps: [{ status: 421 }] },
  '303, redirect: manual': { steps: [{ status: 303, headers: 'location: /elsewhere\r\n' }] },
  'answer shorter than its content-length': { steps: ['cut'] },
  'chunked answer without its last chunk': { steps: ['cut-chunked'] },
  aborted: { steps: ['hang'], given: { abortAfterMs: 200 } },
} satisfies Record<string, Case>

type Measured = Readonly<Record<keyof typeof CASES, readonly [deliveries: number, told: string]>>

/** Where all three do the same. */
const ALIKE = {
  answered: [1, '201'],
  '408 and close on a reused connection': [1, '408'],
  '421': [1, '421'],
  '303, redirect: manual': [1, '303 to /elsewhere'],
  aborted: [1, 'rejects: TimeoutError 23'],
} as const

const MEASURED: Readonly<Record<'bun' | 'deno' | 'workerd', Measured>> = {
  bun: {
    ...ALIKE,
    'reused connection, closed (FIN) before the answer': [1, 'rejects: TypeError ECONNRESET'],
    'reused connection, reset (RST) before the answer': [1, 'rejects: TypeError ECONNRESET'],
    'fresh connection, closed before the answer': [1, 'rejects: TypeError ECONNRESET'],
    'fresh connection, reset before the answer': [1, 'rejects: TypeError ECONNRESET'],
    'answer shorter than its content-length': [1, '201, body rejects: TypeError ECONNRESET'],
    'chunked answer without its last chunk': [1, '201, body rejects: TypeError ECONNRESET'],
  },
  deno: {
    ...ALIKE,
    'reused connection, closed (FIN) before the answer': [2, 'rejects: TypeError none'],
    'reused connection, reset (RST) before the answer': [2, 'rejects: TypeError none'],
    'fresh connection, closed before the answer': [1, 'rejects: TypeError none'],
    'fresh connection, reset before the answer': [1, 'rejects: TypeError none'],
    'answer shorter than its content-length': [1, '201, body rejects: TypeError none'],
    'chunked answer without its last chunk': [1, '201, body rejects: TypeError none'],
  },
  workerd: {
    ...ALIKE,
    'reused connection, closed (FIN) before the answer': [1, 'rejects: Error none'],
    'reused connection, reset (RST) before the answer': [1, 'rejects: Error none'],
    'fresh connection, closed before the answer': [1, 'rejects: Error none'],
    'fresh connection, reset before the answer': [1, 'rejects: Error none'],
    'answer shorter than its content-length': [1, '201, body rejects: Error none'],
    'chunked answer without its last chunk': [1, '201, body rejects: Error none'],
  },
}

/** A connection that was refused: nothing left. Only a code that nothing else has could prove that. */
const REFUSED = {
  bun: 'rejects: TypeError ECONNREFUSED',
  deno: 'rejects: TypeError none',
  workerd: 'rejects: Error none',
} as const

const RUNTIME = {
  bun: { userAgent: 'Bun/1.4.5', locks: 'undefined', node: '26.3.0' },
  deno: { userAgent: 'Deno/2.9.6', locks: 'object', node: '26.3.0' },
  workerd: { userAgent: 'Cloudflare-Workers', locks: 'undefined', node: '22.23.4' },
} as const

describe.each(['bun', 'deno', 'workerd'] as const)('%s', name => {
  let server: ScriptedServer
  let runtime: RunningRuntime
  beforeAll(async () => {
    server = await scriptedServer()
    runtime = await startRuntime(name, { origin: server.origin })
  })
  afterAll(() => runtime?.kill())

  test('says of itself', async () => {
    expect(await runtime.ask('runtime')).toEqual(RUNTIME[name])
  })

  test.each(Object.keys(CASES) as (keyof typeof CASES)[])('a POST that is: %s', async what => {
    const { steps, given = {} }: Case = CASES[what]
    const path = `/raw/${Object.keys(CASES).indexOf(what)}`
    server.script(path, ...steps)
    await server.closeIdle()
    const left = what === 'aborted' ? server.left(path) : undefined
    const told = inShort(await runtime.ask('raw', { path, ...given }))
    await left
    expect([server.deliveries(path), told]).toEqual(MEASURED[name][what])
    expect(server.wasReused(path)).toBe('warm' in given)
  })

  test('a POST to nobody', async () => {
    expect(inShort(await runtime.ask('raw', { path: 'http://127.0.0.1:1/' }))).toBe(REFUSED[name])
  })
})

type Failure = { readonly name: string; readonly code: string | number; readonly syscall: string }
type Told = {
  readonly status?: number
  readonly location?: string | null
  readonly rejects?: Failure
  readonly cut?: Failure
}

function inShort(told: unknown): string {
  const { status, location, rejects, cut } = told as Told
  const failure = ({ name, code }: Failure) => `rejects: ${name} ${code}`
  if (rejects) return failure(rejects)
  return `${status}${cut ? `, body ${failure(cut)}` : ''}${location ? ` to ${location}` : ''}`
}
