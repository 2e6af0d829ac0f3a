import { expect, test } from 'vitest'
import type { Figure } from './figure.ts'
import { MISSING } from './figure.ts'
import { tableOf } from './figure-table.ts'

const theirs: Figure = { what: 'theirs', unit: '/s', measured: 12_345.6 }
const ours: Figure = {
  what: 'ours',
  unit: '/s',
  measured: 9.8765,
  ratio: { value: 0.8, to: 'theirs' },
  goal: { of: 'ratio', is: 'at least', limit: 0.8 },
}

test('a figure is a row of a table', () => {
  expect(tableOf([theirs, ours])).toBe(
    `
|        | measured  | ratio        | goal          | reached |
| ------ | --------- | ------------ | ------------- | ------- |
| theirs | 12,346 /s |              |               |         |
| ours   | 9.88 /s   | 0.80x theirs | at least 0.8x | yes     |`.trim(),
  )
})

test('beside a ref the row tells also what the ref has, and the ratio of the two', () => {
  const figures: readonly Figure[] = [
    theirs,
    { ...ours, there: { measured: 5, ratio: 0.4, change: 1.975 } },
    { what: 'new', unit: 'bytes', measured: 30, there: MISSING },
  ]
  expect(tableOf(figures, 'v1')).toBe(
    `
|        | this checkout | ratio        | goal          | reached | v1        | its ratio | of v1 |
| ------ | ------------- | ------------ | ------------- | ------- | --------- | --------- | ----- |
| theirs | 12,346 /s     |              |               |         |           |           |       |
| ours   | 9.88 /s       | 0.80x theirs | at least 0.8x | yes     | 5 /s      | 0.40x     | 1.98x |
| new    | 30 bytes      |              |               |         | not in v1 |           |       |`.trim(),
  )
})
