/** Serves the same requests as all others, on one file: `server-racer.ts <path> <ledger> <keys> <first>`. */
import { once } from 'node:events'
import { createIdempotency } from '../../../src/entries/server.ts'
import { sqliteStore } from '../../../src/entries/sqlite.ts'
import { act } from '../ledger.ts'

const [path = '', ledger = '', keysText = '', firstText = ''] = process.argv.slice(2)
const keys = Number(keysText)
const store = sqliteStore(path)
const idempotency = createIdempotency({ store, scope: 'shop', wait: 20_000 })
const serve = idempotency.wrap(async (_, { key = '' }) => {
  act(ledger, key, String(process.pid))
  return new Response(`${key} by ${process.pid}`, { status: 201 })
})

const go = once(process, 'message')
process.send?.('ready')
await go
const answers: string[] = []
for (let done = 0; done < keys; done += 20) {
  const batch = Array.from({ length: Math.min(20, keys - done) }, (_, offset) => {
    const number = (Number(firstText) + done + offset) % keys
    return answer(number).then(text => (answers[number] = text))
  })
  await Promise.all(batch)
}
await store.close?.()
process.send?.(answers, () => process.disconnect())

async function answer(number: number): Promise<string> {
  const headers = { 'idempotency-key': `key-${number}` }
  const response = await serve(
    new Request('http://shop.example/orders', { method: 'POST', body: 'tea', headers }),
  )
  return `${response.status} ${await response.text()}`
}
