import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sentenceFor, SENTENCES } from '../../examples/checkout/page/sentences.ts'
import { quoted, tableRows } from '../docs/markdown.ts'

/* The checkout says what docs/what-to-tell-the-user.md says. */
const page = readFileSync(new URL('../../docs/what-to-tell-the-user.md', import.meta.url), 'utf8')

/** The apps that have copied it. */
const APPS = ['component-tests/src', 'vite/src', 'next/app', 'react-router/app'].map(
  folder => `${folder}/sentences.ts`,
)

test('the sentence of each outcome and reason is that of the table', () => {
  const table = tableRows(page, 'What to say, and what to offer').flatMap(
    ([outcome = '', reasons = '', sentence = '']) => {
      // The row of another user's payment says that nothing is shown.
      const said = sentence.startsWith('(show nothing')
        ? ''
        : sentence.replace(' followed by `serverMessage`.', '')
      return quoted(reasons).map(reason => `${quoted(outcome)[0]} ${reason}: ${said}`)
    },
  )
  const said = Object.entries(SENTENCES).flatMap(([outcome, sentences]) =>
    Object.entries(sentences).map(([reason, sentence]) => `${outcome} ${reason}: ${sentence}`),
  )
  expect(table.length).toBeGreaterThan(20)
  expect(said.toSorted()).toEqual(table.toSorted())
})

test.each(APPS)('examples/apps/%s is the same file', path => {
  const copy = readFileSync(new URL(`../../examples/apps/${path}`, import.meta.url), 'utf8')
  expect(page).toContain(`\n${copy}`)
})

test('examples/apps/html/page/sentences.js has the same sentences, without types', () => {
  const script = readFileSync(new URL('../../examples/apps/html/page/sentences.js', import.meta.url), 'utf8')
  const [, sentences = 'none'] = /(\n {2}executed: \{\n.*?\n\})/s.exec(page) ?? []
  expect(script).toContain(sentences)
})

test('the page shows the file as it is', () => {
  const file = readFileSync(new URL('../../examples/checkout/page/sentences.ts', import.meta.url), 'utf8')
  expect(page).toContain(`\n${file}`)
})

test('a declined card is told in the server’s words, and nothing of a developer’s message is shown', () => {
  const declined = {
    outcome: 'not-executed',
    reason: 'declined',
    serverMessage: 'Your card was declined.',
    retryAt: undefined,
    can: ['retry'],
  } as const
  expect(sentenceFor(declined)).toBe('Not paid: Your card was declined.')
  expect(sentenceFor({ ...declined, serverMessage: undefined })).toBe('Not paid.')
})
