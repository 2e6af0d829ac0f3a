/* What the probe sends, and what it saw. Each experiment has keys of its own. */

export type ProbeTarget = {
  readonly url: string
  readonly method: string
  readonly body: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly keyHeader: string
}

export type Seen = {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

export type Observations = {
  /** The same key twice, one after the other. */
  readonly repeated: readonly [Seen, Seen]
  /** Another key, the same body: does the answer tell operations apart at all? */
  readonly otherKey: Seen
  /** The first key in quotes. */
  readonly quoted: Seen
  /** The first key, another body. */
  readonly otherBody: Seen
  /** Two at once. */
  readonly concurrent: readonly [Seen, Seen]
  /** A body that should be refused, then the good one under its key. */
  readonly refused: readonly [Seen, Seen]
  readonly withoutKey: Seen
}

type Sending = { readonly key?: string; readonly body?: string }

/** Performs all experiments: ten requests, each of them real. */
export async function observe(
  target: ProbeTarget,
  send: typeof fetch,
  createKey: () => string,
): Promise<Observations> {
  const request = async ({ key, body = target.body }: Sending): Promise<Seen> => {
    const headers = new Headers(target.headers.map(([name, value]): [string, string] => [name, value]))
    if (!headers.has('content-type')) headers.set('content-type', contentTypeOf(target.body))
    if (key !== undefined) headers.set(target.keyHeader, key)
    const response = await send(target.url, { method: target.method, headers, body, redirect: 'manual' })
    return {
      status: response.status,
      body: await response.text(),
      headers: Object.fromEntries(response.headers),
    }
  }
  const [key, atOnce, refusedKey] = [createKey(), createKey(), createKey()]
  return {
    repeated: [await request({ key }), await request({ key })],
    otherKey: await request({ key: createKey() }),
    quoted: await request({ key: `"${key}"` }),
    otherBody: await request({ key, body: changed(target.body) }),
    concurrent: await Promise.all([request({ key: atOnce }), request({ key: atOnce })]),
    refused: [
      await request({ key: refusedKey, body: contentTypeOf(target.body) === 'text/plain' ? '' : '[]' }),
      await request({ key: refusedKey }),
    ],
    withoutKey: await request({}),
  }
}

function contentTypeOf(body: string): string {
  return parsed(body) === undefined ? 'text/plain' : 'application/json'
}

/** The same operation with other bytes: a field more, or a space. */
function changed(body: string): string {
  const value = parsed(body)
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? JSON.stringify({ ...value, probe: 'another payload' })
    : `${body} `
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
