import { createClient, ietf } from 'stillonce'
import { sqliteStore } from 'stillonce/sqlite'

/* Payments that this server makes at somebody else's: at a bank that honours keys. */
export type Invoice = { id: string; amount: number }
type Payment = { payment: string }

const INVOICES: Invoice[] = [
  { id: 'invoice-1', amount: 1_999 },
  { id: 'invoice-2', amount: 990_000 }, // more than there is
  { id: 'invoice-3', amount: 2_500 },
  { id: 'invoice-4', amount: 3_700 },
]

export function findInvoice(id: unknown): Invoice | undefined {
  return INVOICES.find(invoice => invoice.id === id)
}

const client = createClient({
  http: { baseUrl: process.env['BANK_URL'] ?? 'http://localhost:4000/' }, // a whole URL: a server has no page
  store: sqliteStore('payments.db'), // shared by all processes of this machine
  scope: 'customer-7', // in life: client.withScope(user.id), for the user of the session
  profile: ietf, // how the bank treats keys
  timeout: 3_000, // of one attempt
  deadline: 10_000, // of all of them: shorter than what the host gives a server action
  poll: { deadline: 10_000 }, // and so is this one, which counts from the first "still processing"
})

export const payInvoice = client.operation<Invoice, Payment>({
  name: 'pay-invoice',
  id: invoice => invoice.id, // names the intention: one invoice, one payment
  request: invoice => ({ method: 'post', url: 'payments', json: invoice }),
})
