/*
 * A key in a JSON text. The rest of the text stays as it is, character by character. A body that was parsed and written
 * again would have other numbers (beyond 2^53), other escapes and another order, and would be another payload for a
 * server that compares bytes.
 */

/** The text with the key in it, or why it cannot be there, in words that follow the name of the body. */
export type KeyedText = { readonly text: string } | { readonly fault: string }

/**
 * Puts the key at `path`: names, and indices of existing lists. Missing objects on the way are made, and a value in the
 * place is replaced.
 */
export function keyInJson(text: string, path: readonly string[], key: string): KeyedText {
  if (!isJson(text)) return { fault: 'is no JSON' }
  let at = afterBlanks(text, 0)
  for (const [depth, name] of path.entries()) {
    const rest = path.slice(depth + 1)
    const parts = partsOf(text, at)
    if (parts === undefined) return { fault: `has no object ${placed(path, depth)}` }
    const [found, second] = parts.filter(part => part.name === name)
    if (second !== undefined) return { fault: `has ${JSON.stringify(name)} more than once` }
    if (found === undefined) {
      if (text[at] === '[') return { fault: `has no ${name} ${placed(path, depth)}` }
      const last = parts.at(-1)
      const member = `${last === undefined ? '' : ','}${JSON.stringify(name)}:${nested(rest, key)}`
      return { text: spliced(text, last?.to ?? at + 1, last?.to ?? at + 1, member) }
    }
    if (rest.length === 0) return { text: withValue(text, found, key) }
    at = found.from
  }
  return { fault: 'has no place for it' }
}

/** A value that is the key already stays as it was written, because the text may be signed. */
function withValue(text: string, { from, to }: Part, key: string): string {
  return JSON.parse(text.slice(from, to)) === key ? text : spliced(text, from, to, JSON.stringify(key))
}

function placed(path: readonly string[], depth: number): string {
  return depth === 0 ? 'at its top' : `at ${path.slice(0, depth).join('.')}`
}

function nested(path: readonly string[], key: string): string {
  return path.reduceRight((inner, name) => `{${JSON.stringify(name)}:${inner}}`, JSON.stringify(key))
}

function spliced(text: string, from: number, to: number, by: string): string {
  return text.slice(0, from) + by + text.slice(to)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/**
 * A member of an object by its name, or an item of a list by its index, with the beginning and the end of its value.
 */
type Part = { readonly name: string; readonly from: number; readonly to: number }

/**
 * The parts of the object or the list that begins at `start`, in a text that is JSON; undefined if neither begins
 * there.
 */
function partsOf(text: string, start: number): readonly Part[] | undefined {
  const isObject = text[start] === '{'
  if (!isObject && text[start] !== '[') return undefined
  const parts: Part[] = []
  let at = afterBlanks(text, start + 1)
  while (text[at] !== '}' && text[at] !== ']') {
    let name = String(parts.length)
    if (isObject) {
      const end = endOfText(text, at)
      name = JSON.parse(text.slice(at, end)) as string
      // After the colon.
      at = afterBlanks(text, afterBlanks(text, end) + 1)
    }
    const to = endOfValue(text, at)
    parts.push({ name, from: at, to })
    at = afterBlanks(text, to)
    if (text[at] === ',') at = afterBlanks(text, at + 1)
  }
  return parts
}

function afterBlanks(text: string, start: number): number {
  return after(/[ \t\n\r]*/y, text, start)
}

/** The position after the quote that ends a text: the first quote with an even number of backslashes before it. */
function endOfText(text: string, start: number): number {
  for (let from = start + 1; ;) {
    const quote = text.indexOf('"', from)
    let first = quote
    while (text[first - 1] === '\\') first -= 1
    if ((quote - first) % 2 === 0) return quote + 1
    from = quote + 1
  }
}

/** Between texts and brackets, no character shows where a value ends. */
const PLAIN = /[^"{}[\]]*/y

function endOfValue(text: string, start: number): number {
  let depth = 0
  let at = start
  do {
    const first = text[at]
    if (first === '"') at = endOfText(text, at)
    else if (first === '{' || first === '[') {
      depth += 1
      at += 1
    } else if (first === '}' || first === ']') {
      depth -= 1
      at += 1
    } else at = after(depth === 0 ? /[^,}\] \t\n\r]*/y : PLAIN, text, at)
  } while (depth > 0)
  return at
}

function after(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start
  pattern.exec(text)
  return pattern.lastIndex
}
