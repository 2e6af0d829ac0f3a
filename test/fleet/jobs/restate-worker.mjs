import { serve } from '@restatedev/restate-sdk'
import { createClient as createRedis } from 'redis'
import { createClient, ietf } from 'stillonce'
import { redisStore } from 'stillonce/redis'
import { chargeOf } from './charge.mjs'
import { billingOf } from './restate.mjs'

const { REDIS_URL = '', PAYMENTS_URL = '', PORT = '' } = process.env
const redis = await createRedis({ url: REDIS_URL }).connect()
const client = createClient({
  http: { baseUrl: PAYMENTS_URL },
  store: redisStore(redis),
  scope: 'billing',
  profile: ietf,
  timeout: 2_000,
  deadline: 20_000,
})

await serve({ services: [billingOf(chargeOf(client))], port: Number(PORT) })
