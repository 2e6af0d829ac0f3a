'use client'
import { useActionState } from 'react'
import { pay } from './pay'
import type { Told } from './told'

export function InvoiceForm({ id, told }: { id: string; told: Told }) {
  const [{ words, button }, action, isPending] = useActionState(pay, told)
  return (
    <form action={action}>
      <input type="hidden" name="invoice" value={id} />
      <p role="status">{isPending ? 'Paying…' : words}</p>
      {button && <button aria-busy={isPending}>{button}</button>}
    </form>
  )
}
