import { readdirSync, readFileSync } from 'node:fs'
import { parseSync } from 'oxc-parser'
import { describe, expect, test } from 'vitest'

/*
 * A comment names its noun: whoever reads it for the first time sees the code below, and nothing of what was in the
 * author's mind. Data say and show; only people tell, and hear.
 */

const src = new URL('../../src/', import.meta.url)

/** How a riddle begins: by a pronoun, by "that" in the place of a subject, by a limit before what is limited. */
const RIDDLE =
  /^(?:its?|they|their|those|these|this|such|that\b(?! (?:is|are) )|so (?:long|often|many|much))\b/i

/** Verbs of speech for what has no voice, and the project's word for a repair. */
const SPEECH = /\b(?:tells?|telling|hears|heard|mend(?:s|ed|ing)?|last word)\b/i

type Comment = { readonly type: string; readonly value: string; readonly start: number }

/** The first sentence decides whether the reader knows what the comment is about. */
function textOf({ value }: Comment): string {
  return value
    .replaceAll(/^\s*\*+/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** Comments of one line that follow each other are one comment. */
function commentsOf(file: string): readonly string[] {
  const source = readFileSync(new URL(file, src), 'utf8')
  const { comments } = parseSync(file, source, { sourceType: 'module' })
  const texts: string[] = []
  let endsAt = -1
  for (const comment of comments as readonly (Comment & { readonly end: number })[]) {
    const isNext =
      comment.type === 'Line' && endsAt !== -1 && /^\s*$/.test(source.slice(endsAt, comment.start))
    if (isNext) texts[texts.length - 1] += ` ${textOf(comment)}`
    else texts.push(textOf(comment))
    endsAt = comment.type === 'Line' ? comment.end : -1
  }
  return texts.map(text => `${file}: ${text}`)
}

const comments = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map(file => file.replaceAll('\\', '/'))
  .filter(file => /\.tsx?$/.test(file))
  .flatMap(commentsOf)

const said = (line: string) => line.slice(line.indexOf(': ') + 2)

/** Names of the code stand in backticks. */
const withoutCode = (text: string) => text.replaceAll(/`[^`]*`/g, '…')

describe('a comment', () => {
  test('begins with what it is about', () => {
    expect(comments.length).toBeGreaterThan(1_500)
    expect(comments.filter(line => RIDDLE.test(said(line)))).toEqual([])
  })

  test('gives no voice to data', () => {
    expect(comments.filter(line => SPEECH.test(withoutCode(said(line))))).toEqual([])
  })

  test.each([
    'Its turn may come after the end.',
    'Those under way.',
    'So often at most.',
    'That nothing is stored.',
  ])('"%s" is a riddle', text => {
    expect(RIDDLE.test(text)).toBe(true)
  })
})
