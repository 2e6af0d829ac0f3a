import type { AnswerBody } from './evidence.ts'

/**
 * The texts at a place of an answer's body, which a rule or a replay mark names: a dotted path, with `[]` behind a name for
 * every item of that list (`details[].issue`); or an element of XML (`<Code>`), wherever it stands.
 */
export function textsAt(body: AnswerBody, at: string): readonly string[] {
  if (body.kind !== 'whole') return []
  if (at.startsWith('<')) return elementTexts(body.text, at.slice(1, -1))
  let values: readonly unknown[] = [body.parsed]
  for (const part of at.split('.')) {
    const [name = '', isList] = part.split('[]')
    values = values.flatMap(value => {
      const found = own(value, name)
      if (isList === undefined) return [found]
      return Array.isArray(found) ? found : []
    })
  }
  return values.filter(value => ['string', 'number', 'boolean'].includes(typeof value)).map(String)
}

/** Whether one of them is this one; a name space before it does not count (`com.example#ConflictException`, of AWS). */
export function hasTextAt(body: AnswerBody, at: string, text: string): boolean {
  return textsAt(body, at).some(found => found === text || found.endsWith(`#${text}`))
}

function own(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Readonly<Record<string, unknown>>)[name]
}

/** Without what only looks like an element: comments, and text that is quoted as a whole. */
function elementTexts(text: string, name: string): readonly string[] {
  const plain = text.replaceAll(/<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>/g, '')
  const element = new RegExp(`<(?:[\\w.-]+:)?${name}(?:\\s[^<>]*)?>([^<]*)</`, 'g')
  return [...plain.matchAll(element)].map(([, inner = '']) => inner.trim())
}
