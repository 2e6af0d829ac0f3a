import type { AnswerBody } from './evidence.ts'

/**
 * The texts at a place of an answer's body, as a rule or a replay mark names it: a dotted path, with `[]` behind a name
 * for every item of that list (`details[].issue`), which may be the whole body (`[].errorCode`); or an element of XML
 * (`<Code>`), wherever it stands.
 */
export function textsAt(body: AnswerBody, at: string): readonly string[] {
  if (body.kind !== 'whole') return []
  if (at.startsWith('<')) return elementTexts(body.text, at.slice(1, -1))
  let values: readonly unknown[] = [body.parsed]
  for (const part of at.split('.')) {
    const [name = '', isList] = part.split('[]')
    values = values.flatMap(value => {
      const found = part === '[]' ? value : own(value, name)
      if (isList === undefined) return [found]
      return Array.isArray(found) ? found : []
    })
  }
  return values.filter(value => ['string', 'number', 'boolean'].includes(typeof value)).map(String)
}

/**
 * Whether one of these texts is the given one. A namespace in front does not count (`com.example#ConflictException`, of
 * AWS).
 */
export function hasTextAt(body: AnswerBody, at: string, text: string): boolean {
  return textsAt(body, at).some(found => found === text || found.endsWith(`#${text}`))
}

function own(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Readonly<Record<string, unknown>>)[name]
}

function elementTexts(text: string, name: string): readonly string[] {
  const element = new RegExp(`<(?:[\\w.-]+:)?${name}(?:\\s[^<>]*)?>([^<]*)</`, 'g')
  return [...withoutQuoted(text).matchAll(element)].map(([, inner = '']) => inner.trim())
}

/**
 * The text without what only looks like an element: comments go, and a `<` in a CDATA section is escaped. A comment or
 * section that is not closed reaches to the end. The text is read in one pass, because a server may send megabytes of
 * openings.
 */
function withoutQuoted(text: string): string {
  const opening = /<!--|<!\[CDATA\[/g
  let plain = ''
  for (let at = 0; ;) {
    opening.lastIndex = at
    const found = opening.exec(text)
    if (found === null) return plain + text.slice(at)
    plain += text.slice(at, found.index)
    const closing = found[0] === '<!--' ? '-->' : ']]>'
    const end = text.indexOf(closing, opening.lastIndex)
    if (end < 0) return plain
    if (closing === ']]>') plain += text.slice(opening.lastIndex, end).replaceAll('<', '&lt;')
    at = end + closing.length
  }
}
