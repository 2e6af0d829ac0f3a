import { hash } from 'node:crypto'
import type { RecordStore } from 'stillonce/core'
import type { Contestant, Surroundings } from './contestant.ts'
import { orderOf } from './contestant.ts'
import { placed } from './fetch.ts'

/*
 * Plain fetch and the least that the promises need, without any of our code but the store: the payload's
 * fingerprint and its body's hash, a look whether the operation is there already, the record with the key
 * written before the first byte, and the record with the result written after the answer. It checks nothing,
 * decides nothing, retries nothing, and does not let anybody join: nothing that keeps the promises is faster.
 */
export function openLeast({ baseUrl }: Surroundings, store: LeastStore): Contestant {
  const runner = crypto.randomUUID()
  return {
    async place(number) {
      const order = orderOf(number)
      const key = crypto.randomUUID()
      const id = `so1/user-1/place-order/${number}`
      const body = JSON.stringify(order)
      if ((await store.get(id)) !== undefined) throw new Error('each order is placed once')
      const record = {
        ...IDENTITY,
        id: String(number),
        key,
        fingerprint: sha256(`POST ${baseUrl} ${body}`),
        bodyHash: sha256(body),
        createdAt: Date.now(),
        firstSentAt: Date.now(),
        writer: { runner, write: 1 },
      }
      const lease = { runner, until: Date.now() + 60_000, holder: HOLDER }
      const open = JSON.stringify({
        ...record,
        state: 'pending',
        inFlight: { runner, at: Date.now() },
        lease,
      })
      const version = await store.set(id, open, { expected: null, open: true })
      const answer = await placed(baseUrl, number, key)
      const result = { form: 'body', status: 201, text: JSON.stringify(answer), replayed: false }
      const settled = JSON.stringify({ ...record, state: 'succeeded', settledAt: Date.now(), result })
      await store.set(id, settled, { expected: version ?? null, open: false })
      return answer
    },
    close: async () => store.close?.(),
  }
}

/** What of a store the promises need: a look, and two writes. */
export type LeastStore = {
  get(key: string): Promise<unknown>
  set: RecordStore['set']
  close?(): Promise<void>
}

/** What a record of ours holds besides (record.ts). */
const IDENTITY = {
  v: 1,
  scope: 'user-1',
  name: 'place-order',
  generation: 1,
  target: {
    method: 'POST',
    origin: 'http://shop.test',
    path: '/v2/orders',
    queryHash: '',
    profile: 'ietf',
    account: '',
  },
  updatedAt: 0,
  highestSeenAt: 0,
  attempts: 1,
  sent: 1,
  ambiguous: 0,
}
const HOLDER = { host: 'h'.repeat(60), pid: 1, startedAt: '1000000' }

function sha256(text: string): string {
  return hash('sha256', text)
}
