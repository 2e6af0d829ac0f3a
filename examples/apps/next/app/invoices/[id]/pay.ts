'use server'
import { describe } from 'stillonce'
import { findInvoice, payInvoice } from '../../../server/bank'
import { sentenceFor } from '../../sentences'

/** The form says which invoice; what it costs, and whose it is, the server knows. */
export async function pay(_before: string, form: FormData): Promise<string> {
  const invoice = findInvoice(form.get('invoice'))
  if (invoice === undefined) return 'There is no such invoice.'
  const end = await payInvoice.start(invoice).settled
  if (end.outcome === 'executed' && !end.error) return `Paid: ${end.data.payment}`
  const { outcome, reason, serverMessage, can } = describe(end)
  // The store and the login at the bank are this server's: nothing that its customer can mend.
  const isOurs = reason === 'no-storage' || reason === 'sign-in'
  const sentence = sentenceFor({ outcome, reason: isOurs ? 'mistake' : reason, serverMessage })
  const goesOn = outcome === 'unknown' && can.includes('retry')
  return goesOn ? `${sentence} Press again to check: you will not pay twice.` : sentence
}
