import { createClient, describe, ietf } from 'stillonce'
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

const WORDS = { executed: 'paid', 'not-executed': 'not paid', unknown: 'not known yet' }

/** What whoever runs this program can do. */
const ADVICE = {
  retry: 'start again to try again',
  check: 'start again to find out',
  'sign-in': "look at this program's login at the bank",
  change: 'this id was begun with another amount: give another id',
  nothing: 'there is nothing to do here',
}

// What a process before this one left open.
for (const { id, outcome } of await client.resume({ send: true })) console.log(`${id}: ${outcome}, taken up`)

const [id, amount] = process.argv.slice(2)
if (id !== undefined) {
  const end = await pay.start({ id, amount: Number(amount) }).settled
  const { outcome, reason, serverMessage, can } = describe(end)
  const [first = 'nothing'] = can
  const why = reason === 'declined' ? serverMessage : undefined
  if (end.outcome === 'executed' && !end.error) console.log(`${id}: paid, ${end.data.payment}`)
  else console.log(`${id}: ${WORDS[outcome]} (${reason}), ${why ?? ADVICE[first]}`)
}
await client.close() // first the client, then what it writes to
await store.close?.()
