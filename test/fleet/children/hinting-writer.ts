/**
 * Another process of a fleet: `hinting-writer.ts <JSON of HintingWork>`. It writes each order that it is told to as an open
 * operation, by one write, and sends none: by `enqueue` in a transaction where the store has some, else as a call leaves it
 * whose answer was lost. Where it is `silent` it tells nobody.
 */
import { createClient } from '../../../src/entries/core.ts'
import { fetchTransport } from '../../../src/entries/fetch.ts'
import { enqueue } from '../../../src/entries/postgres.ts'
import { ietf } from '../../../src/profiles/ietf.ts'
import { memoryStore } from '../../../src/stores/memory/memory-store.ts'
import { HINTING_STORES, type StoreName } from '../hinting-stores.ts'

export type HintingWork = {
  readonly store: StoreName
  readonly storeUrl: string
  readonly paymentsUrl: string
  readonly silent: boolean
}

const work = JSON.parse(process.argv[2] ?? '') as HintingWork
const opened = await HINTING_STORES[work.store](work.storeUrl, { isSilent: work.silent })
const left = memoryStore()
const client = createClient({
  transport: fetchTransport({
    baseUrl: work.paymentsUrl,
    fetch: () => Promise.reject(new TypeError('the answer is lost')),
  }),
  store: opened.pool === undefined ? left : opened.store,
  scope: 'fleet',
  profile: ietf,
  retry: { attempts: 1 },
})
const pay = client.operation<{ order: string }>({
  name: 'pay',
  id: ({ order }) => order,
  persist: 'request',
  request: input => ({ method: 'post', url: 'payments', json: input }),
})

async function write(order: string): Promise<void> {
  if (opened.pool === undefined) {
    await pay.start({ order }).settled
    for await (const { key, value, version } of left.listOpen('')) {
      await opened.store.set(key, value, { expected: null, open: true })
      await left.delete(key, { expected: version })
    }
    return
  }
  const transaction = await opened.pool.connect()
  await transaction.query('BEGIN')
  await enqueue(transaction, pay, { order })
  await transaction.query('COMMIT')
  transaction.release()
}

process.on('message', (order: string) => {
  void write(order).then(() => process.send?.('written'))
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
