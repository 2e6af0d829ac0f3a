import type { Reply, SeenRequest } from '../bench/scripted-server.ts'
import { answer, reset } from '../bench/scripted-server.ts'

/** What a server says. */
export type Said = {
  readonly status: number
  /** JSON; a text is XML. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** How a server treats keys, in the words of its owner, and not in those of the profile. */
export type Dialect = {
  readonly keyOf: (request: SeenRequest) => string | undefined
  /** Keys of any other form are refused. */
  readonly takes?: RegExp
  /** For ever, if it is not said. */
  readonly keepsMs?: number
  readonly success?: Said
  /** What a repeated request gets; the first answer, if it is not said. */
  readonly again?: (first: Said) => Said
  readonly inProgress?: Said
  readonly otherPayload?: Said | 'first-answer' | 'new-resource'
  readonly declines?: Said
  readonly keepsRefusals?: boolean
}

/** What becomes of a request: its answer arrives or is lost, and it takes its time. */
export type Fate = { readonly says?: 'declined'; readonly lost?: true; readonly tookMs?: number }

type Kept = { readonly payload: string; readonly said: Said; readonly at: number; readonly doneAt: number }

export type DialectServer = {
  readonly reply: Reply
  readonly executed: () => number
  readonly fate: (...fates: Fate[]) => void
}

/** A server that speaks this dialect and does as its fates say, the usual where there is none. */
export function dialectServer(
  {
    success = { status: 201, body: { order: 9 } },
    declines = { status: 402, body: { error: 'declined' } },
    ...dialect
  }: Dialect,
  elapsed: () => number,
): DialectServer {
  const kept = new Map<string, Kept>()
  const fates: Fate[] = []
  let executed = 0

  const perform = (key: string, payload: string, { says, tookMs = 0 }: Fate): Said => {
    const said = says === 'declined' ? declines : success
    if (says !== 'declined') executed++
    if (says !== 'declined' || dialect.keepsRefusals !== false)
      kept.set(key, { payload, said, at: elapsed(), doneAt: elapsed() + tookMs })
    return said
  }
  const handle = (request: SeenRequest, fate: Fate): Said => {
    const key = dialect.keyOf(request)
    if (key === undefined || dialect.takes?.test(key) === false)
      return { status: 400, body: { error: 'no such key' } }
    const payload = request.body.replaceAll(key, '')
    const first = kept.get(key)
    if (first === undefined || elapsed() - first.at >= (dialect.keepsMs ?? Number.POSITIVE_INFINITY))
      return perform(key, payload, fate)
    if (first.payload !== payload) {
      if (dialect.otherPayload === 'new-resource') return perform(key, payload, fate)
      if (typeof dialect.otherPayload === 'object') return dialect.otherPayload
    }
    if (elapsed() < first.doneAt && dialect.inProgress !== undefined) return dialect.inProgress
    return dialect.again?.(first.said) ?? first.said
  }
  return {
    reply: request => {
      const fate = fates.shift() ?? {}
      const said = handle(request, fate)
      return fate.lost === true ? reset(request) : replyOf(said)(request)
    },
    executed: () => executed,
    fate: (...more) => void fates.push(...more),
  }
}

function replyOf({ status, body, headers = {} }: Said): Reply {
  if (typeof body !== 'string') return answer(status, body, headers)
  return answer(status, body, { 'content-type': 'text/xml', ...headers })
}

export const inHeader =
  (name: string) =>
  ({ headers }: SeenRequest): string | undefined =>
    headers[name]

export const inJson =
  (field: string) =>
  ({ body }: SeenRequest): string | undefined =>
    (JSON.parse(body) as Readonly<Record<string, string>>)[field]

export const inForm =
  (field: string) =>
  ({ body }: SeenRequest): string | undefined =>
    new URLSearchParams(body).get(field) ?? undefined

export const inQuery =
  (name: string) =>
  ({ url }: SeenRequest): string | undefined =>
    new URL(url).searchParams.get(name) ?? undefined
