import { isJsonLines, markupOf } from './body-form.ts'
import type { Answer } from './evidence.ts'

/**
 * Whether a whole answer is data of another kind than JSON, by its type and by its text: XML (AWS), an event stream
 * (OpenAI), JSON in lines. A proxy may send a text in a server's place, but no such data.
 */
export function isOtherData({ headers, body }: Answer): boolean {
  if (body.kind !== 'whole' || body.form !== 'other') return false
  const type = headers['content-type']
  if (type === undefined) return false
  if (/^[^;]*[/+]xml\s*(?:;|$)/i.test(type)) return markupOf(body.text) === 'xml'
  if (/^\s*text\/event-stream\s*(?:;|$)/i.test(type)) return isEventStream(body.text)
  return isJsonLines(body.text, type)
}

/** WHATWG HTML, 9.2.5: lines of fields; an empty line ends an event. */
function isEventStream(text: string): boolean {
  return /^(?:(?:data|event|id|retry)(?::|[\r\n])|:)/.test(text) && /(?:\n\n|\r\r|\r\n\r\n)$/.test(text)
}
