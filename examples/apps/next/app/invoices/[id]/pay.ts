'use server'
import { describe } from 'stillonce'
import { findInvoice, payInvoice } from '../../../server/bank'

/** The form says which invoice; what it costs, and whose it is, the server knows. */
export async function pay(_before: string, form: FormData): Promise<string> {
  const invoice = findInvoice(form.get('invoice'))
  if (invoice === undefined) return 'There is no such invoice.'
  const end = await payInvoice.start(invoice).settled
  const { reason, serverMessage, can } = describe(end)
  switch (end.outcome) {
    case 'executed':
      if (reason === 'changed') return 'This invoice was paid already, with another amount.'
      return end.error ? 'Paid. The receipt will follow.' : `Paid: ${end.data.payment}`
    case 'not-executed':
      return `Not paid. ${serverMessage ?? (can.includes('retry') ? 'Please try again.' : '')}`
    case 'unknown':
      return 'We are checking whether it went through. Press again to check: you will not pay twice.'
  }
}
