import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { areaOf, faultsOf, MAY_IMPORT } from './arrows.ts'

/* How the files of src stand to each other: ARCHITECTURE.md says it in words. */

const src = new URL('../../src/', import.meta.url)
const sources = new Map(
  readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter(file => /\.tsx?$/.test(file))
    .map(file => [file.replaceAll('\\', '/'), readFileSync(new URL(file, src), 'utf8')]),
)

test('every file is in a folder, every arrow is in the table, nothing is a circle, no name means two things', () => {
  expect(sources.size).toBeGreaterThan(100)
  expect(faultsOf(sources)).toEqual([])
})

test('the table names no folder that is empty', () => {
  const areas = new Set([...sources.keys()].map(areaOf))
  expect(Object.keys(MAY_IMPORT).filter(area => !areas.has(area))).toEqual([])
})

describe('the check sees', () => {
  /** All files are there, and empty but for these. */
  const planted = (files: Readonly<Record<string, string>>) => {
    const others = [...sources.keys()].map(file => [file, ''] as const)
    return faultsOf(new Map([...others, ...Object.entries(files)])).map(fault =>
      fault.replace(/ \(\w+\)$/, ''),
    )
  }

  test.each([
    ["import { Performer } from '../../engine/run/performer.ts'", 'core/run', 'engine'],
    ["import type { RunFacts } from '../../engine/run/run-facts.ts'", 'core/run', 'engine'],
    ["type X = import('../../engine/run/run-facts.ts').RunFacts", 'core/run', 'engine'],
    ["const loop = import('../../engine/run/performer.ts')", 'core/run', 'engine'],
    ["export { Performer } from '../../engine/run/performer.ts'", 'core/run', 'engine'],
    ["export * from '../../engine/run/performer.ts'", 'core/run', 'engine'],
    ["import { judge } from '../answers/verdict.ts'", 'core/names', 'core/answers'],
    ["import type { ClientOptions } from '../client/options.ts'", 'engine', 'client'],
    ["import type { Engine } from '../engine/engine.ts'", 'stores', 'engine'],
    ["import { OperationError } from '../entries/index.ts'", 'client', 'entries'],
    ["import { idempotent } from './adapters/node.ts'", 'server', 'server/adapters'],
    ["import ky from 'ky'", 'engine', 'ky'],
    ["import { readFile } from 'node:fs/promises'", 'client', 'node:'],
    ['const part = import(`./${name}.ts`)', 'client', '?'],
  ])('%s in src/%s', (source, folder, target) => {
    const file = `${folder}/planted.ts`
    expect(planted({ [file]: source })).toEqual([
      expect.stringMatching(
        new RegExp(`^${file} -> .*: ${folder} must not import from ${target.replace('?', '\\?')}$`),
      ),
    ])
  })

  test.each([
    [
      'static imports',
      "import { b } from './b.ts'; export const a1 = b",
      "export * from './a.ts'; export const b = 1",
    ],
    [
      'types',
      "import type { B } from './b.ts'; export type A1 = B",
      "import type { A1 } from './a.ts'; export type B = A1",
    ],
    [
      'import()',
      "export const a1 = () => import('./b.ts')",
      "import { a1 } from './a.ts'; export const b = a1",
    ],
    [
      'types of import()',
      "export type A1 = import('./b.ts').B",
      "import { type A1 } from './a.ts'; export type B = A1",
    ],
  ])('a circle of %s', (_, a, b) => {
    expect(planted({ 'client/a.ts': a, 'client/b.ts': b })).toEqual(['a circle: client/a.ts, client/b.ts'])
  })

  test('a circle of three, and a file that imports itself', () => {
    expect(
      planted({
        'client/a.ts': "import './b.ts'",
        'client/b.ts': "import './c.ts'",
        'client/c.ts': "import './a.ts'",
        'client/d.ts': "import './d.ts'",
      }),
    ).toEqual(['a circle: client/a.ts, client/b.ts, client/c.ts', 'a circle: client/d.ts'])
  })

  test('a file at the root, and a folder that the table does not know', () => {
    expect(planted({ 'internal.ts': '', 'helpers/text.ts': '' })).toEqual([
      'internal.ts is in no folder of the table',
      'helpers/text.ts is in no folder of the table',
    ])
  })

  test('one name for two things', () => {
    expect(
      planted({
        'engine/run/one.ts': 'export class Execution {}',
        'server/two.ts': 'type Execution = { readonly key: string }; export type { Execution }',
        'server/three.ts':
          "export type { Execution } from './two.ts'; type Own = 1; export const own: Own = 1",
      }),
    ).toEqual(['Execution is exported by engine/run/one.ts and server/two.ts'])
  })

  test('an import of what is not there', () => {
    expect(planted({ 'client/a.ts': "import './gone.ts'" })).toEqual([
      'client/a.ts -> client/gone.ts: there is no such file',
    ])
  })
})
