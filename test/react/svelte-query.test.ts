import { build } from 'esbuild'
import type { Plugin } from 'esbuild'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { compile, compileModule } from 'svelte/compiler'
import { describe, expect, onTestFinished, test } from 'vitest'
import { mutationOptions, mutationStatus } from '../../src/entries/tanstack.ts'
import { bench, cart, ending } from '../api/bench/bench.ts'
import type { Reply } from '../api/bench/scripted-server.ts'
import { answer, reset } from '../api/bench/scripted-server.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** A module with runes, as a Svelte app has it: the mutation lives in an effect of its own. */
const APP = `
  import { QueryClient, createMutation, notifyManager } from '@tanstack/svelte-query'
  import { flushSync } from 'svelte'

  // Not by a timer, for which a test would have to wait.
  notifyManager.setScheduler(queueMicrotask)

  export function mount(options) {
    let mutation
    const end = $effect.root(() => {
      mutation = createMutation(() => options, () => new QueryClient())
    })
    flushSync()
    return { mutation, end, flush: flushSync }
  }
`

type Mounted = {
  readonly mutation: {
    readonly status: 'idle' | 'pending' | 'success' | 'error'
    readonly data: unknown
    readonly error: unknown
    readonly mutateAsync: (variables: unknown) => Promise<unknown>
  }
  readonly end: () => void
  readonly flush: () => void
}

const svelte: Plugin = {
  name: 'svelte',
  setup(esbuild) {
    const compiled = (path: string, compiler: typeof compile | typeof compileModule) => ({
      contents: compiler(readFileSync(path, 'utf8'), { filename: path, generate: 'client' }).js.code,
      loader: 'js' as const,
    })
    esbuild.onLoad({ filter: /\.svelte\.js$/ }, ({ path }) => compiled(path, compileModule))
    esbuild.onLoad({ filter: /\.svelte$/ }, ({ path }) => compiled(path, compile))
  },
}

/** The app, compiled for a page: Node's condition would give Svelte's half for servers. */
async function app(): Promise<{ readonly mount: (options: unknown) => Mounted }> {
  const folder = mkdtempSync(join(root, '.svelte-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'app.svelte.js'), APP)
  await build({
    entryPoints: [join(folder, 'app.svelte.js')],
    outfile: join(folder, 'app.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['browser', 'svelte'],
    plugins: [svelte],
    logLevel: 'error',
  })
  return import(pathToFileURL(join(folder, 'app.mjs')).href)
}

async function mutation(replies: readonly Reply[]) {
  const world = bench({ retry: { attempts: 1 }, deadline: 1_000 })
  world.server.script(...replies)
  const { mount } = await app()
  const { mutation: pay, end, flush } = mount(mutationOptions(world.placeOrder()))
  onTestFinished(end)
  return { ...world, pay, flush }
}

describe("Svelte Query's mutation, by the same options", () => {
  test('two presses are one request', async () => {
    const { pay, flush, server, clock } = await mutation([answer(201, { order: 1 })])
    const both = Promise.all([pay.mutateAsync(cart), pay.mutateAsync(cart)])
    expect(await clock.until(both)).toEqual([{ order: 1 }, { order: 1 }])
    await clock.settle()
    flush()
    expect([mutationStatus(pay), pay.data]).toEqual(['success', { order: 1 }])
    expect(server.requests).toHaveLength(1)
  })

  test('what is not known is unknown, and pressing again goes on under the same key', async () => {
    const { pay, flush, server, clock } = await mutation([reset, answer(201, { order: 1 })])
    await clock.until(ending(pay.mutateAsync(cart)))
    await clock.settle()
    flush()
    expect(mutationStatus(pay)).toBe('unknown')
    await clock.until(pay.mutateAsync(cart))
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
  })
})
