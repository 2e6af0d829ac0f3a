import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { Fetch, Profile } from 'stillonce/core'
import { createClient, ietf, memoryStore, stripe } from 'stillonce/core'
import { fetchTransport } from 'stillonce/fetch'
import type { Contestant, Surroundings } from './contestant.ts'
import { orderOf } from './contestant.ts'

/*
 * The same SDK with its own fetch client, and with `client.fetch`: the packages of test/sdks, which the part installs. What
 * they do beside is switched off in both: telemetry and retries.
 */

/** Where the packages lie: this checkout's, also for a process of another commit. */
export const SDKS_FOLDER = 'STILLONCE_SDKS_FOLDER'

type Guard = (profile: Profile) => { readonly fetch: Fetch; readonly close: () => Promise<void> }

type StripeLike = {
  rawRequest(method: string, path: string, params: object, options: object): Promise<unknown>
}
type StripeModule = {
  readonly default: (new (key: string, options: object) => StripeLike) & {
    createFetchHttpClient(fetch?: Fetch): object
  }
}
type OpenAiModule = {
  readonly default: new (options: object) => { post(path: string, options: object): Promise<unknown> }
}

export async function openStripeOverFetch(where: Surroundings, guard?: Guard): Promise<Contestant> {
  const { default: Stripe }: StripeModule = await load('stripe')
  const guarded = guard?.(stripe)
  const { hostname, port } = new URL(where.baseUrl)
  const sdk = new Stripe('sk_test_bench', {
    host: hostname,
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient: Stripe.createFetchHttpClient(guarded?.fetch),
  })
  return {
    place: number =>
      sdk.rawRequest('POST', '/v2/orders', orderOf(number), { idempotencyKey: crypto.randomUUID() }),
    close: async () => guarded?.close(),
  }
}

export async function openOpenAi(where: Surroundings, guard?: Guard): Promise<Contestant> {
  const { default: OpenAI }: OpenAiModule = await load('openai')
  const guarded = guard?.(ietf)
  const sdk = new OpenAI({
    apiKey: 'sk-bench',
    baseURL: `${where.baseUrl}v2`,
    maxRetries: 0,
    ...(guarded !== undefined && { fetch: guarded.fetch }),
  })
  return {
    place: number =>
      sdk.post('/orders', {
        body: orderOf(number),
        headers: { 'Idempotency-Key': crypto.randomUUID() },
      }),
    close: async () => guarded?.close(),
  }
}

/** The guarantees, with the id that the request's own key is. */
export function guardOf({ baseUrl }: Surroundings, innermost?: Fetch): Guard {
  return profile => {
    const client = createClient({
      transport: fetchTransport({ baseUrl, fetch: innermost }),
      store: memoryStore(),
      scope: () => 'user-1',
      profile,
    })
    const fetch = client.fetch({
      name: 'sdk',
      id: request => request.headers.get('idempotency-key'),
    })
    return { fetch, close: () => client.close() }
  }
}

async function load(name: string) {
  const folder = process.env[SDKS_FOLDER] ?? new URL('../../sdks/', import.meta.url)
  return import(pathToFileURL(createRequire(new URL('package.json', folder)).resolve(name)).href)
}
