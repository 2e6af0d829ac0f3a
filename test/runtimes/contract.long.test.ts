import { describe, expect, onTestFinished, test } from 'vitest'
import { newFolder, startRuntime } from './harness/runtimes.ts'

/* The contract of stores, run within each runtime: on its own clock, timers and SQLite. */

describe.each(['bun', 'bun-1.3', 'deno', 'workerd'] as const)('%s keeps the contract of stores', name => {
  const stores = name === 'workerd' ? ['memory', 'key-value', 'object'] : ['memory', 'key-value', 'sqlite']
  test.each(stores)('%s', { timeout: 300_000 }, async store => {
    const runtime = await startRuntime(name, { origin: 'http://127.0.0.1:1', folder: newFolder() })
    onTestFinished(runtime.kill)
    const { cases, failed } = (await runtime.ask('contract', { store })) as {
      readonly cases: number
      readonly failed: readonly string[]
    }
    expect(failed).toEqual([])
    expect(cases).toBeGreaterThan(50)
  })
})
