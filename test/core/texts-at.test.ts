import { expect, test } from 'vitest'
import { textsAt } from '../../src/core/answers/texts-at.ts'

const at = (text: string) => textsAt({ kind: 'whole', form: 'other', text, parsed: undefined }, '<Code>')

test('an element within a comment, or quoted as a whole, is none', () => {
  const quoted = '<!-- <Code>a</Code> --><![CDATA[<Code>b</Code>]]>'
  expect(at(`<E>${quoted}<Code>c</Code>${quoted}<s:Code x="1"> d </s:Code></E>`)).toEqual(['c', 'd'])
  expect(at('<Code>a</Code><!-- <Code>b</Code>')).toEqual(['a'])
})

test('a body full of openings is read in one pass: it took minutes', () => {
  expect(at('<Code>a</Code>' + '<!--'.repeat(1_000_000))).toEqual(['a'])
})
