/*
 * What a body is by its text, whatever its type says: JSON, a page, or something else. A page is markup that a browser
 * would show, as proxies and platforms send in a server's place (nginx, Squid, captive portals).
 */

export type BodyForm = 'json' | 'html' | 'binary' | 'other'

/** Elements of HTML (WHATWG HTML, index of elements, and the obsolete ones with which old pages begin). */
const ELEMENTS =
  'a|abbr|address|article|aside|b|base|big|blink|blockquote|body|br|button|canvas|center|code|dd|div|dl|dt|em|embed|' +
  'fieldset|figure|font|footer|form|frame|frameset|h[1-6]|head|header|hr|html|i|iframe|img|input|label|li|link|main|' +
  'marquee|math|meta|nav|noscript|object|ol|p|pre|script|section|small|span|strong|style|svg|table|tbody|td|template|' +
  'th|title|tr|tt|u|ul'

const ELEMENT_FIRST = new RegExp(`^<(?:[a-z][\\w.-]*:)?(?:${ELEMENTS})(?=[\\s/>])`, 'i')
const XHTML = /^<[^>]*\bhttp:\/\/www\.w3\.org\/1999\/xhtml\b/i
const ELEMENT_ANYWHERE = new RegExp(`<(?:!doctype|!--|/?(?:${ELEMENTS})(?:\\s[^<>]*)?/?>)`, 'i')

/** The markup of a text: a page, XML that is data, XML without an end, or none. */
export function markupOf(text: string): 'html' | 'xml' | 'cut-xml' | 'none' {
  // Removes what is left of UTF-16 that was read as UTF-8, and what editors write in front of a text.
  const start = text.replaceAll(/[\0\uFEFF\uFFFD]/g, '').trimStart()
  if (!start.startsWith('<')) return !/^["[{]/.test(start) && ELEMENT_ANYWHERE.test(start) ? 'html' : 'none'
  const root = afterProlog(start)
  if (root === undefined || ELEMENT_FIRST.test(root) || XHTML.test(root)) return 'html'
  return isXml(root) ? 'xml' : 'cut-xml'
}

/**
 * The text after an XML declaration, comments and a doctype; undefined if one of them is HTML's doctype or has no end.
 */
function afterProlog(text: string): string | undefined {
  let rest = text
  for (;;) {
    const end = /^<!doctype\s+html\b/i.test(rest) ? -1 : prologEnd(rest)
    if (end === 0) return rest
    if (end < 0) return undefined
    rest = rest.slice(end).trimStart()
  }
}

/** Where the first part of a prolog ends: 0 if there is no prolog, -1 if that part has no end. */
function prologEnd(text: string): number {
  for (const [open, close] of [
    ['<?', '?>'],
    ['<!--', '-->'],
    ['<!', '>'],
  ] as const) {
    if (!text.startsWith(open)) continue
    const at = text.indexOf(close, open.length)
    return at < 0 ? -1 : at + close.length
  }
  return 0
}

/** Whether a text is one element from the first character to the last, apart from comments behind it. */
function isXml(text: string): boolean {
  const name = /^<([A-Za-z_][\w.:-]*)/.exec(text)?.[1]
  if (name === undefined) return false
  const comment = text.trimEnd().endsWith('-->') ? text.lastIndexOf('<!--') : text.length
  const end = text.slice(0, comment).trimEnd()
  return end.endsWith(`</${name}>`) || /^<[^<>]*\/>$/.test(end)
}

/** The beginning of an object, an array or a string. `[amount] is required` is a text. */
const JSON_FIRST =
  /^\s*(?:\{\s*(?:["}]|$)|\[\s*(?:["[{\]\d-]|(?:true|false|null)\b|$)|"(?:[^"\\]|\\.)*"?\s*$)/s

/** Whether a body announces itself as JSON, by its type or by its beginning. */
export function isAnnouncedJson(text: string, contentType: string | undefined): boolean {
  return isJsonType(contentType) || JSON_FIRST.test(text)
}

export function isJsonType(contentType: string | undefined): boolean {
  return /^[^;]*[/+]json\s*(?:;|$)/i.test(contentType ?? '')
}

/** Whether a text has one JSON value in each line (NDJSON, JSON Lines), and all of them are whole. */
export function isJsonLines(text: string, contentType: string | undefined): boolean {
  if (!/^[^;]*\b(?:x-)?(?:ndjson|jsonl|jsonlines|json-lines|json-seq)\s*(?:;|$)/i.test(contentType ?? ''))
    return false
  const lines = text
    .replaceAll('\u001E', '\n')
    .split('\n')
    .filter(line => line.trim() !== '')
  return lines.length > 0 && lines.every(line => parsedJson(line) !== undefined)
}

/** The value of a JSON text; undefined if the text is not JSON. */
export function parsedJson(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whether a text is an incomplete part of the XML that its type announces. */
export function isCutXml(text: string, contentType: string | undefined): boolean {
  return /^[^;]*[/+]xml\s*(?:;|$)/i.test(contentType ?? '') && markupOf(text) === 'cut-xml'
}

/** The form of a text that is not JSON. */
export function formOf(text: string, contentType: string | undefined): Exclude<BodyForm, 'json'> {
  if (text === '') return 'other'
  const markup = markupOf(text)
  const isPage = markup === 'html' || (markup === 'cut-xml' && !isCutXml(text, contentType))
  if (isHtmlType(contentType) || isPage) return 'html'
  return hasControls(text) ? 'binary' : 'other'
}

export function isHtmlType(contentType: string | undefined): boolean {
  return /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(contentType ?? '')
}

/** Control characters other than white space show that these are bytes and not a text. */
function hasControls(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 9 || (code > 13 && code < 32)) return true
  }
  return false
}

/**
 * Whether a request named the type of its answer, apart from wildcards. Then a text is wanted, whatever it contains.
 */
export function isTypeAskedFor(contentType: string | undefined, accept: string | undefined): boolean {
  if (accept === undefined) return false
  const type = nameOfType(contentType ?? '')
  return type !== '' && accept.split(',').map(nameOfType).includes(type)
}

function nameOfType(value: string): string {
  return (value.split(';')[0] ?? '').trim().toLowerCase()
}
