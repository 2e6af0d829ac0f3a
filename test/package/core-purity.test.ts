import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { impurities } from './impurities.ts'

describe.each(['src/core', 'src/server/core', 'src/worker/core'])('%s', folder => {
  const core = new URL(`../../${folder}/`, import.meta.url)
  const files = readdirSync(core, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))

  test('holds files to look at', () => {
    expect(files).not.toEqual([])
  })

  test.each(files)('%s is pure', file => {
    expect(impurities(readFileSync(new URL(file, core), 'utf8'))).toEqual([])
  })
})

describe('the purity scan', () => {
  test.each([
    ["import ky from 'ky'", "an import of 'ky'"],
    ["import type { Store } from '../stores/store.ts'", "an import of '../stores/store.ts'"],
    ["import { readFile } from 'node:fs'", "an import of 'node:fs'"],
    ["import './deep/er.ts'", "an import of './deep/er.ts'"],
    ["import { join } from './outcome.js'", "an import of './outcome.js'"],
    ["export * from 'zod'", "an import of 'zod'"],
    ["export { z } from 'zod'", "an import of 'zod'"],
    ["type Z = import('zod').ZodType", "an import of 'zod'"],
    ["const ky = import('ky')", 'a dynamic import'],
    ["import fs = require('fs')", 'an import by require'],
    ["const fs = require('fs')", 'require'],
    ['const here = import.meta.url', 'import.meta'],
    ['const now = Date.now()', 'Date'],
    ['const now = new Date()', 'Date'],
    ['const clock = { Date }', 'Date'],
    ['type When = Date', 'Date'],
    ['const now = performance.now()', 'performance'],
    ['const chance = Math.random()', 'Math.random'],
    ['const chance = Math?.random()', 'Math.random'],
    ["const chance = Math['ran' + 'dom']()", 'a computed member of Math'],
    ['const { random } = Math', 'Math as a value'],
    ['crypto.randomUUID()', 'crypto'],
    ['setTimeout(() => {}, 1)', 'setTimeout'],
    ['setInterval(() => {}, 1)', 'setInterval'],
    ['queueMicrotask(() => {})', 'queueMicrotask'],
    ['setImmediate(() => {})', 'setImmediate'],
    ['AbortSignal.timeout(1)', 'AbortSignal'],
    ["fetch('/')", 'fetch'],
    ['const send = fetch', 'fetch'],
    ['console.log(1)', 'console'],
    ['const { env } = process', 'process'],
    ["globalThis['fetch']('/')", 'globalThis'],
    ['const fetched = `${self}`', 'self'],
    ["eval('1')", 'eval'],
    ["new Function('return this')", 'Function'],
    ['Promise.resolve(1)', 'Promise'],
    ['const own = (self: string) => self; self.fetch', 'self'],
    ['function outer() { { const process = 1; process } return process.env }', 'process'],
    ['const copy = (timer = setTimeout) => timer', 'setTimeout'],
    ['const one = await 1', 'await'],
    ['for await (const one of []) one', 'for await'],
    ['async function send() {}', 'async'],
    ['const send = async () => 1', 'async'],
    ['class Sender { async send() {} }', 'async'],
    ['const sender = { async *send() {} }', 'async'],
  ])('finds the impurity of %s', (source, what) => {
    expect(impurities(`// one line above\n${source}`).map(found => `${found.line}: ${found.what}`)).toContain(
      `2: ${what}`,
    )
  })

  test.each([
    ["import { join } from './outcome.ts'"],
    ["import type { Verdict } from './verdict.ts'"],
    ["export { join } from './outcome.ts'"],
    ['// await fetch(globalThis.location), then Date.now()'],
    ['/** Math.random() and setTimeout are the shell’s. */'],
    ["const advice = 'await the fetch, see process.env and new Date()'"],
    ['const text = `await ${1} require`'],
    ['const rule = /process|console/'],
    ["const evidence = { fetch: 1, 'await': 2, process: 3, async: true }"],
    ['const at = (parts: { Date: number }) => parts.Date'],
    ['type Timers = { setTimeout: number; process(): void }'],
    ['const delay = Math.min(1, Math.floor(2.5))'],
    ['const later = { then: 1 }'],
    ['const isOwn = (self: string, [first]: string[], { process = 1 }) => self === first || process'],
    ['function count(document: string[]) { for (const module of document) module.length }'],
    ['type Now = (performance: number) => boolean'],
    ["import { window } from './window.ts'; export const size = window.length"],
  ])('passes %s', source => {
    expect(impurities(source)).toEqual([])
  })

  test('does not take a file that it cannot read for a pure one', () => {
    expect(impurities('const = ;')).toHaveLength(1)
  })
})
