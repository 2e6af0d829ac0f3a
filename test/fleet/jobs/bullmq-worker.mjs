import { UnrecoverableError, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { createClient, ietf } from 'stillonce'
import { redisStore } from 'stillonce/redis'
import { chargeOf } from './charge.mjs'

const { REDIS_URL = '', PAYMENTS_URL = '' } = process.env
const redis = new Redis(REDIS_URL)
const client = createClient({
  http: { baseUrl: PAYMENTS_URL },
  store: redisStore(redis),
  scope: 'billing',
  profile: ietf,
  timeout: 2_000,
  deadline: 20_000,
})
const charge = chargeOf(client)

export const worker = new Worker(
  'charges',
  async job => {
    const end = await charge.start({ id: job.id }).settled
    if (end.outcome === 'executed') return end.data
    // Asking again changes nothing: the card was declined.
    if (end.outcome === 'not-executed' && end.error.reason === 'declined')
      throw new UnrecoverableError(end.error.message)
    throw end.error
  },
  // How long a worker that died keeps its job: 30 s where nothing is said.
  {
    connection: new Redis(REDIS_URL, { maxRetriesPerRequest: null }),
    lockDuration: 2_000,
    stalledInterval: 1_000,
  },
)
