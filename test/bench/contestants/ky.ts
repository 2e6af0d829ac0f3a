import ky from 'ky'
import type { Contestant, Surroundings } from './contestant.ts'
import { PATH, orderOf } from './contestant.ts'

/** ky retries no POST by itself (its README, `retry.methods`): allowed here, as a key makes it safe. */
export function openKy({ baseUrl, timeoutMs }: Surroundings): Contestant {
  const client = ky.create({
    baseUrl,
    retry: { limit: 3, methods: ['post'] },
    ...(timeoutMs !== undefined && { timeout: timeoutMs }),
  })
  return {
    place: number =>
      client
        .post(PATH, { json: orderOf(number), headers: { 'idempotency-key': crypto.randomUUID() } })
        .json(),
  }
}
