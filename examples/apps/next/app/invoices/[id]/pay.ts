'use server'
import { describe } from 'stillonce'
import { findInvoice, payInvoice } from '../../../server/bank'
import { sentenceFor } from '../../sentences'
import { TOLD, type Told } from './told'

/** The form says which invoice; what it costs, and whose it is, the server knows. */
export async function pay(_before: Told, form: FormData): Promise<Told> {
  const invoice = findInvoice(form.get('invoice'))
  if (invoice === undefined) return { words: 'There is no such invoice.' }
  const end = await payInvoice.start(invoice).settled
  if (end.outcome === 'unknown') return TOLD.unknown
  if (end.outcome === 'executed' && !end.error) return { words: `Paid: ${end.data.payment}` }
  const { outcome, reason, serverMessage, can } = describe(end)
  // The store and the login at the bank are this server's: nothing that its customer can mend.
  const isOurs = reason === 'no-storage' || reason === 'sign-in'
  const words = sentenceFor({ outcome, reason: isOurs ? 'mistake' : reason, serverMessage })
  return can.includes('retry') ? { words, button: 'Try again' } : { words }
}
