import { connection } from 'next/server'
import { notFound } from 'next/navigation'
import { findInvoice, payInvoice } from '../../../server/bank'
import { InvoiceForm } from './invoice-form'
import { TOLD } from './told'

/* What became of it is in the server's store, so that a reload shows it without the browser's help. */
export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  await connection()
  const invoice = findInvoice((await params).id)
  if (invoice === undefined) notFound()
  const before = await payInvoice.inspect(invoice)
  return (
    <main>
      <h1>{invoice.id}</h1>
      <p>{(invoice.amount / 100).toFixed(2)} €</p>
      <InvoiceForm id={invoice.id} told={TOLD[before?.outcome ?? 'not-executed']} />
    </main>
  )
}
