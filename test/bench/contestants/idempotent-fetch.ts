import { idempotentFetch } from 'idempotent-fetch'
import type { Contestant, Surroundings } from './contestant.ts'
import { PATH, orderOf } from './contestant.ts'

/** As in its README: it makes the key, and retries three times by default. */
export function openIdempotentFetch({ baseUrl }: Surroundings): Contestant {
  return {
    async place(number) {
      const { response } = await idempotentFetch(`${baseUrl}${PATH}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(orderOf(number)),
      })
      return response.json()
    },
  }
}
