import axios from 'axios'
import axiosRetry, { isNetworkError, isRetryableError } from 'axios-retry'
import type { Contestant, Surroundings } from './contestant.ts'
import { PATH, orderOf } from './contestant.ts'

/**
 * axios-retry retries no POST by itself (its README, `retryCondition`): allowed here. In Node axios sends by
 * node:http unless told otherwise (axios/lib/defaults, `adapter`); the stub is a fetch, so there it uses that.
 */
export function openAxios({ baseUrl, network }: Surroundings): Contestant {
  const client = axios.create({ baseURL: baseUrl, ...(network === 'none' && { adapter: 'fetch' }) })
  axiosRetry(client, {
    retries: 3,
    retryCondition: error => isNetworkError(error) || isRetryableError(error),
  })
  return {
    async place(number) {
      const headers = { 'idempotency-key': crypto.randomUUID() }
      const { data } = await client.post<unknown>(PATH, orderOf(number), { headers })
      return data
    },
  }
}
