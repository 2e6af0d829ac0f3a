'use client'
import { useActionState } from 'react'
import { pay } from './pay'

export function InvoiceForm({ id, told }: { id: string; told: string }) {
  const [words, action, isPending] = useActionState(pay, told)
  return (
    <form action={action}>
      <input type="hidden" name="invoice" value={id} />
      <button>{isPending ? 'Paying…' : 'Pay'}</button>
      <p role="status">{words}</p>
    </form>
  )
}
