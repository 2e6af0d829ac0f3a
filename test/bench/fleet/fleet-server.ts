import { createClient } from 'redis'
import { redisStore } from 'stillonce/redis'
import { createIdempotency } from 'stillonce/server'
import type { Contestant } from './bench-fleet.ts'

/** What is asked of each: a key of its own, a payload that is compared, a result that is kept. */
export const nextCall = () => ({ key: crypto.randomUUID(), body: { item: 'tea', amount: 4_200 } })
export const RESULT = { order: 1, state: 'accepted', amount: 4_200 }

export async function oursOn(url: string): Promise<Contestant> {
  const client = await createClient({ url }).connect()
  const once = createIdempotency({ store: redisStore(client), scope: 'shop' })
  return {
    name: 'stillonce/server',
    end: () => client.close(),
    one: async () => {
      const { key, body } = nextCall()
      return once.run(key, { scope: 'shop', payload: body }, async () => RESULT)
    },
  }
}
