import type { GuardedFetch, RecordStore } from 'stillonce'
import { createClient } from 'stillonce'
import type { Sdk } from './sdk.ts'

type Opened = {
  readonly url: string
  readonly store: RecordStore
  readonly scope?: string
  readonly timeout?: number
}

/** The caller's key of a test, and the one that follows from it after a refusal. */
export function keysOf({ keys = ['order-42', '1780982b-6966-5051-a4c0-96a738bc7820'] }: Sdk) {
  return keys
}

/** The fetch that an SDK is given, of a client of its own. */
export function onceOf(sdk: Sdk, { url, store, scope = 'me', timeout }: Opened): GuardedFetch {
  const client = createClient({
    http: { baseUrl: `${url}/`, ...(sdk.innermost !== undefined && { fetch: sdk.innermost }) },
    store,
    scope,
    profile: sdk.profile,
    retry: { attempts: 4, backoff: { base: 10, cap: 20 } },
    poll: { interval: { min: 10, max: 20 } },
    ...(timeout !== undefined && { timeout }),
  })
  return client.fetch({
    name: 'create',
    id: sdk.id,
    ...(sdk.account !== undefined && { account: sdk.account }),
    ...(sdk.keepResponseHeaders !== undefined && { keepResponseHeaders: sdk.keepResponseHeaders }),
  })
}
