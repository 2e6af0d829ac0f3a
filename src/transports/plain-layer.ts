import type { Options } from 'ky'

/** Options whose work is done before a request is sent, or that are visible only to hooks. */
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
 * The headers that these options add to every request, if that is all they do; names in lower case. A request then goes
 * to the gate directly: of the Request that ky would create, the gate takes only headers and signal, and without hooks
 * nothing else sees it. Undefined if ky has more to do, or refuses the headers.
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
