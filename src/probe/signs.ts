import { answerSigns } from '../core/answers/answer-signs.ts'
import type { Observations } from './observe.ts'
import type { Seen } from './seen.ts'

/** The features by which a rule recognizes an answer. */
export type Sign = {
  readonly status: number
  readonly code?: string | undefined
  readonly type?: string | undefined
  readonly header?: 'retry-after' | undefined
}

export type Marker = { readonly header: string; readonly value: string | undefined }

/** Statuses with many meanings. Without a code or type beside them they are no sign. */
const COMMON: ReadonlySet<number> = new Set([400, 409, 412, 422])

/** Names that frameworks put into `error` in every answer with a status. */
const STATUS_NAMES =
  /^(bad request|conflict|precondition failed|expectation failed|unprocessable (entity|content)|error)$/i

export function signOf({ status, body, headers }: Seen): Sign | undefined {
  if (status < 400) return undefined
  const { codes, types } = answerSigns(parsed(body))
  const code = codes.find(one => one !== String(status) && !STATUS_NAMES.test(one))
  const type = types.find(one => one !== 'about:blank')
  if (code !== undefined) return { status, code }
  if (type !== undefined) return { status, type }
  if (headers['retry-after'] !== undefined) return { status, header: 'retry-after' }
  return COMMON.has(status) ? undefined : { status }
}

/** A header that only the second of two equal answers has. */
export function markerOf({ repeated }: Pick<Observations, 'repeated'>): Marker | undefined {
  const [first, second] = repeated
  if (first.lost !== undefined || first.body !== second.body) return undefined
  for (const [header, value] of Object.entries(second.headers)) {
    const before = first.headers[header]
    if (!/replay|idempot/.test(header) || before === value) continue
    // A word is the marker itself. A time or an id differs in every answer, so only the header's name counts.
    if (before !== undefined || /^[a-z]+$/i.test(value)) return { header, value }
    return { header, value: undefined }
  }
  return undefined
}

/** Whether an answer carries the marker of a replay. */
export function hasMark({ headers }: Seen, { header, value }: Marker): boolean {
  const own = headers[header]
  return own !== undefined && (value === undefined || own === value)
}

export function isSuccess({ status }: Seen): boolean {
  return status >= 200 && status < 300
}

export function isSame(one: Seen, other: Seen): boolean {
  return one.status === other.status && one.body === other.body
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch {
    return undefined
  }
}
