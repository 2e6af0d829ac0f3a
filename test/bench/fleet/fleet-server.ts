import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { redisStore } from 'stillonce/redis'
import { createIdempotency } from 'stillonce/server'
import type { Contestant } from './bench-fleet.ts'

/** What is asked of each: a key of its own, a payload that is compared, a result that is kept. */
export const nextCall = () => ({ key: crypto.randomUUID(), body: { item: 'tea', amount: 4_200 } })
export const RESULT = { order: 1, state: 'accepted', amount: 4_200 }

const CLIENTS = {
  redis: async (url: string) => {
    const client = await createClient({ url }).connect()
    return { store: redisStore(client), end: () => client.close() }
  },
  ioredis: async (url: string) => {
    const client = new Redis(url)
    return { store: redisStore(client), end: () => client.quit() }
  },
}

export type ClientName = keyof typeof CLIENTS

export async function oursOn(url: string, name: ClientName): Promise<Contestant> {
  const { store, end } = await CLIENTS[name](url)
  const once = createIdempotency({ store, scope: 'shop' })
  return {
    name: `stillonce/server by ${name}`,
    end,
    one: async () => {
      const { key, body } = nextCall()
      return once.run(key, { scope: 'shop', payload: body }, async () => RESULT)
    },
  }
}
