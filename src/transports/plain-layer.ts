import type { Options } from 'ky'

/** What is done with these is done by the time that a request is sent, or shows only to hooks. */
const WITHOUT_EFFECT_ON_A_SEND = new Set([
  'baseUrl',
  'prefix',
  'searchParams',
  'headers',
  'hooks',
  'context',
  'parseJson',
  'retry',
  'timeout',
  'totalTimeout',
  'throwHttpErrors',
  'redirect',
])

/**
 * The headers that these options put on every request, if that is all they do to one; names in lower case. Then a request
 * goes to the gate as it is: of the Request that ky would make of it the gate takes headers and signal, and without hooks
 * nobody else sees it. Undefined where ky has more to do, or refuses the headers.
 */
export function plainLayer(options: Options): Readonly<Record<string, string>> | undefined {
  const isPlain = Object.entries(options).every(
    ([name, value]) => value === undefined || WITHOUT_EFFECT_ON_A_SEND.has(name),
  )
  const hasHooks = Object.values(options.hooks ?? {}).some(hooks => hooks.length > 0)
  if (!isPlain || hasHooks) return undefined
  try {
    return Object.fromEntries(new Headers(options.headers as HeadersInit | undefined))
  } catch {
    return undefined
  }
}
