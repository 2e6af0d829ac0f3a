import { expect, inject, test } from 'vitest'

test('pages of these tests have only what all browsers of Baseline have', () => {
  expect(inject('namesTooNew')).toContain('URL.parse')
  expect(['parse' in URL, 'try' in Promise, 'union' in Set.prototype, 'json' in Response]).toEqual([
    false,
    false,
    false,
    true,
  ])
})
