import type { Fetch } from '../public/transport.ts'
import { timeoutSignal } from './waiting.ts'

/**
 * The `httpClient` of Chargebee's library: `new Chargebee({ site, apiKey, httpClient: chargebeeHttpClient(once) })`.
 * The library's timeout ends only its waiting.
 */
export function chargebeeHttpClient(fetch: Fetch): {
  makeApiRequest(request: Request, timeout: number): Promise<Response>
} {
  return {
    makeApiRequest: (request, timeout) => fetch(request, { signal: timeoutSignal(timeout) }),
  }
}
