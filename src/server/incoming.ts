import { parseHttpDate } from '../core/http-date.ts'
import { configurationError } from '../errors.ts'
import { readRequest } from './bodies.ts'
import { clockMarginMs } from './core/decide.ts'
import { readKey, serverRecordKey } from './core/key-header.ts'
import type { Told } from './core/told.ts'
import { problem } from './core/told.ts'
import type { ServerRuntime } from './key-store.ts'
import type { Settings } from './options.ts'

/** A request under a key, as far as the key's state is concerned. */
export type Incoming = {
  readonly key: string
  readonly scope: string
  readonly place: string
  readonly fingerprint: string
  readonly firstSentAt: number | undefined
}

/** `unkeyed`: it came without a key. A refusal says why nothing was executed. */
export type Reading =
  | { readonly kind: 'keyed'; readonly incoming: Incoming }
  | { readonly kind: 'unkeyed' }
  | { readonly kind: 'refused'; readonly told: Told }

/** Reads what a request says of its key. Throws only what the user's own functions throw. */
export async function readIncoming(
  request: Request,
  settings: Settings,
  runtime: ServerRuntime,
): Promise<Reading> {
  const reading = readKey(request.headers.get(settings.header), settings.maxKeyLength)
  if (reading.kind === 'missing') return { kind: 'unkeyed' }
  if (reading.kind === 'invalid') return refused(problem('key-invalid', { detail: reading.fault }))
  const firstSentAt = firstSent(request.headers.get(settings.firstSentHeader), settings, runtime.now())
  if (firstSentAt === 'invalid')
    return refused(
      problem('first-sent-invalid', {
        detail: `${settings.firstSentHeader} must be an HTTP-date of the past.`,
      }),
    )
  if (request.bodyUsed)
    throw configurationError('request', 'its body was read before handle: nothing tells what it holds')
  const scope = await scopeOf(settings, request)
  const body = await readRequest(request, settings.maxBodyBytes)
  if (body.kind === 'cut') return refused(problem('body-unreadable'))
  if (body.kind === 'too-large')
    return refused(
      problem('body-too-large', { detail: `At most ${settings.maxBodyBytes} bytes are allowed.` }),
    )
  const { key } = reading
  const fingerprint = await fingerprintOf(request, body.bytes, settings, runtime)
  return {
    kind: 'keyed',
    incoming: { key, scope, place: serverRecordKey(scope, key), fingerprint, firstSentAt },
  }
}

/** The key that a request to a key's own URL is about, and where its record lies. */
export async function readKeyUrl(
  request: Request,
  settings: Settings,
): Promise<{ readonly key: string; readonly scope: string; readonly place: string } | Told> {
  const reading = readKey(settings.keyOf(request), settings.maxKeyLength)
  if (reading.kind !== 'key')
    return problem('key-invalid', {
      detail: reading.kind === 'invalid' ? reading.fault : 'The URL has no key.',
    })
  const scope = await scopeOf(settings, request)
  return { key: reading.key, scope, place: serverRecordKey(scope, reading.key) }
}

/** An empty scope would put all users' keys together. */
export function checkedScope(scope: unknown): string {
  if (typeof scope !== 'string' || scope === '')
    throw configurationError('scope', 'must give a non-empty string')
  return scope
}

async function scopeOf({ scope }: Settings, request: Request): Promise<string> {
  return checkedScope(typeof scope === 'function' ? await scope(request) : scope)
}

/** A time in the future is that of a clock which is ahead; by more than the margin it tells nothing. */
function firstSent(
  value: string | null,
  { retention }: Settings,
  nowAt: number,
): number | undefined | 'invalid' {
  if (value === null) return undefined
  const at = parseHttpDate(value.trim(), nowAt)
  return at === undefined || at > nowAt + clockMarginMs(retention) ? 'invalid' : at
}

const encoder = new TextEncoder()

async function fingerprintOf(
  request: Request,
  bytes: Uint8Array<ArrayBuffer>,
  { fingerprint }: Settings,
  runtime: ServerRuntime,
): Promise<string> {
  const { pathname, search } = new URL(request.url)
  const target = encoder.encode(`${request.method} ${pathname}${search}\n`)
  const body = fingerprint === undefined ? bytes : encoder.encode(await fingerprint(request, bytes))
  const text = new Uint8Array(target.length + body.length)
  text.set(target)
  text.set(body, target.length)
  return runtime.digest(text)
}

function refused(told: Told): Reading {
  return { kind: 'refused', told }
}
