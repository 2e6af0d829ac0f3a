import { createClient, ietf } from 'stillonce'
import { sqliteStore } from 'stillonce/sqlite'

/*
 * Pays an invoice at a bank: `BANK_URL=https://bank.example/ node pay.ts invoice-1 1999`. Started again, whatever
 * became of it before, it is still one payment.
 */
type Invoice = { id: string; amount: number }

const store = sqliteStore('payments.db') // survives a crash of the process and of the machine
const client = createClient({
  http: { baseUrl: process.env['BANK_URL'] ?? 'http://localhost:4000/' },
  store,
  scope: 'billing',
  profile: ietf, // how the bank treats keys
  deadline: 15_000,
})
const pay = client.operation<Invoice, { payment: string }>({
  name: 'pay',
  id: invoice => invoice.id, // names the intention: one invoice, one payment
  request: invoice => ({ method: 'post', url: 'payments', json: invoice }),
  persist: 'request', // so that another process can send it
})

// What a process before this one left open.
for (const { id, outcome } of await client.resume({ send: true })) console.log(`${id}: ${outcome}, taken up`)

const [id, amount] = process.argv.slice(2)
if (id !== undefined) {
  const end = await pay.start({ id, amount: Number(amount) }).settled
  switch (end.outcome) {
    case 'executed':
      console.log(`${id}: paid, ${end.error ? 'the receipt could not be read' : end.data.payment}`)
      break
    case 'not-executed':
      console.log(`${id}: not paid, ${end.error.serverMessage ?? end.error.message}`)
      break
    case 'unknown':
      console.log(`${id}: not known yet, start again to find out`)
      break
  }
}
await client.close() // first the client, then what it writes to
await store.close?.()
