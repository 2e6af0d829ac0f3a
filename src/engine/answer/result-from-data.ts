import { definitionPath } from '../plan.ts'
import type { StoredResult } from '../../core/record/operation-record.ts'
import type { OperationError } from '../../public/errors.ts'
import type { RunFacts } from '../run/run-facts.ts'
import type { JsonReader } from '../../guards/json-reader.ts'
import type { DataFault } from '../../guards/data-as-json.ts'
import { bodyOf } from './server-response.ts'
import { NO_JSON, dataAsJson, unkept } from '../../guards/data-as-json.ts'

/**
 * A result that a callback returned as data. Numbers that only the user's own reader can read are kept in the same text
 * form as a body.
 */
export function resultFromData(
  data: unknown,
  own?: JsonReader,
): { readonly result: StoredResult | undefined; readonly fault?: DataFault | undefined } {
  if (data === undefined) return { result: { form: 'data', text: '', replayed: true } }
  const { text, fault } = dataAsJson(data)
  if (text !== undefined && fault === undefined) return { result: { form: 'data', text, replayed: true } }
  const exact = fault === NO_JSON && own !== undefined ? bigText(data) : undefined
  return exact !== undefined && isReadAgain(exact, own)
    ? { result: { form: 'body', text: exact, replayed: true } }
    : { result: undefined, fault }
}

/**
 * The same for data that a callback returned in a run. Data that cannot be kept is the mistake that the run ends with.
 */
export function resultOfData(
  x: RunFacts,
  path: string,
  data: unknown,
): { readonly result: StoredResult | undefined; readonly mistake: OperationError | undefined } {
  const { result, fault } = resultFromData(data, x.engine.transport.parseJson)
  const mistake = fault === undefined ? undefined : unkept(`${definitionPath(x.plan)}.${path}`, fault)
  return { result, mistake }
}

/**
 * JSON with bigints as numbers. While the text is made, each is surrounded by a mark that occurs nowhere else in the
 * text.
 */
function bigText(data: unknown): string | undefined {
  const marked = (mark: string) =>
    JSON.stringify(data, (_, value: unknown) => (typeof value === 'bigint' ? mark + value + mark : value))
  try {
    let mark = '~'
    while (marked('').includes(mark)) mark += '~'
    return marked(mark).replaceAll(new RegExp(`"${mark}(-?\\d+)${mark}"`, 'g'), '$1')
  } catch {
    return undefined
  }
}

/** Whether a value is what the text parses to: a callback that was given the body of a response may have changed it. */
export function isReadFrom(value: unknown, text: string, own: JsonReader | undefined): boolean {
  try {
    return bigText(bodyOf(text, own)) === bigText(value)
  } catch {
    return false
  }
}

/** Whether the user's own reader parses a text into the value it was written from. */
export function isReadAgain(text: string, own: JsonReader | undefined): boolean {
  try {
    return bigText(own?.(text)) === text
  } catch {
    return false
  }
}
