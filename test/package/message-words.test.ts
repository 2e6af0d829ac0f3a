import { readdirSync, readFileSync } from 'node:fs'
import { parseSync } from 'oxc-parser'
import { describe, expect, test } from 'vitest'

/*
 * What people read in errors, events, problem details and in the output of the probe is plain English: none of the words
 * that this project uses for its own parts, and a noun in place of "it" where a message begins.
 */

const src = new URL('../../src/', import.meta.url)

/** Words of ours, and what is wrong with them in a message. A name of the API stands in backticks or braces. */
const IN_HOUSE =
  /\b(?:runners?|generations?|mend(?:s|ed|ing)?|told|tell(?:s|ing)?|words?|hears?|heard|holders?|seals?|sealing|performers?|tombstones?|leases?|the gate)\b|^its?\b/i

/** Regular expressions, lists of words, SQL, and the steps of the machine as tests print them, are no messages. */
const NO_MESSAGES = [
  /^core\/answers\/words-of-work\.ts: /,
  /^testing\/step-text\.ts: /,
  /^client\/stored-headers\.ts: \^/,
  /: (?:\\n)? *(?:SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA)\b/,
]

type Syntax = { readonly type?: string; readonly start?: number; readonly end?: number } & Record<
  string,
  unknown
>

/** The texts of a source file that read like prose, with `…` in the place of what is put in. */
function proseOf(source: string): readonly string[] {
  const texts: string[] = []
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if (Array.isArray(node)) return node.forEach(visit)
    const { type, value, quasis } = node as Syntax & { quasis?: readonly { value: { cooked: string } }[] }
    if (type === 'Literal' && typeof value === 'string') texts.push(value)
    if (type === 'TemplateLiteral') texts.push((quasis ?? []).map(quasi => quasi.value.cooked).join('…'))
    Object.values(node).forEach(visit)
  }
  visit(parseSync('file.ts', source, { sourceType: 'module' }).program)
  return texts.filter(text => /[a-z]{2,}[,:;]? [`'"(…a-z]/i.test(text))
}

/** Names of the API are quoted as code, or as an object that is to be given. */
function withoutCode(text: string): string {
  return text.replaceAll(/`[^`]*`/g, '…').replaceAll(/\{[^}]*\}/g, '…')
}

function messages(): readonly string[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .map(file => file.replaceAll('\\', '/'))
    .filter(file => file.endsWith('.ts'))
    .flatMap(file => proseOf(readFileSync(new URL(file, src), 'utf8')).map(text => `${file}: ${text}`))
    .filter(line => !NO_MESSAGES.some(pattern => pattern.test(line)))
}

describe('a message', () => {
  test('has none of the words of this project', () => {
    const all = messages()
    expect(all.length).toBeGreaterThan(700)
    expect(all.filter(line => IN_HOUSE.test(withoutCode(line.slice(line.indexOf(': ') + 2))))).toEqual([])
  })

  test.each([
    'another runner holds the operation',
    'a new generation with a new key',
    'mend the option',
    'what was told is of another key',
    'its record was dropped',
    'the seal was not stored',
  ])('that says "%s" is found', text => {
    expect(IN_HOUSE.test(withoutCode(text))).toBe(true)
  })

  test('may name what the API names', () => {
    const text = 'give the { key } or { generation } that was not executed, and read `words`'
    expect(IN_HOUSE.test(withoutCode(text))).toBe(false)
  })
})
