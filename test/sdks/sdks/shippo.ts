import { Shippo } from 'shippo'
import { HTTPClient } from 'shippo/lib/http.js'
import { ietf } from 'stillonce'
import type { Sdk } from '../harness/sdk.ts'
import { headerKey, keyHeaders, keyInHeader } from '../harness/sdk.ts'

/** Its server says nothing of keys; this one is a gateway that honours them. */
export const shippo: Sdk = {
  name: 'shippo',
  profile: ietf,
  id: headerKey,
  losesItsTimeout: true,
  server: {
    keyOf: keyInHeader,
    created: execution => ({
      status: 201,
      body: `{"object_id":"address_${execution}","country":"DE","is_complete":true}`,
    }),
  },
  creates: ({ fetch, url, timeoutMs }) => {
    const sdk = new Shippo({
      apiKeyHeader: 'key',
      serverURL: url,
      httpClient: new HTTPClient({ fetcher: fetch }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    })
    return async key => {
      const { objectId, country } = await sdk.addresses.create({ country: 'DE' }, keyHeaders(key))
      return { objectId, country }
    }
  },
  resolves: { objectId: 'address_1', country: 'DE' },
  declined: { status: 402, body: '{"detail":"no"}', error: 'SDKError' },
  inProgress: { status: 409, headers: { 'retry-after': '1' }, body: '{"detail":"in progress"}' },
}
