import { useQueryClient } from '@tanstack/react-query'
import { useIdempotentMutation, type IdempotentMutation } from 'stillonce/react'
import { pay, type Order, type Receipt } from './operations.ts'

/** Takes up after a reload what was begun before. */
export function Checkout({ order }: { order: Order }) {
  const queries = useQueryClient()
  const payment = useIdempotentMutation(pay, {
    restore: order,
    send: true,
    onSuccess: () => queries.invalidateQueries({ queryKey: ['charges'] }),
  })
  return (
    <section>
      <button onClick={() => payment.mutate(order)}>Pay</button>
      <p role="status">{told(payment)}</p>
    </section>
  )
}

function told(payment: IdempotentMutation<Order, Receipt>): string {
  switch (payment.status) {
    case 'idle':
      return ''
    case 'pending':
      return payment.isPaused ? 'You are offline. We go on as soon as you are back.' : 'Paying…'
    case 'success':
      return payment.error ? 'Paid. The receipt will follow.' : `Paid: ${payment.data.charge}`
    case 'changed':
      return 'An order with other contents was paid already.'
    case 'error':
      return `Not paid. ${payment.serverMessage ?? (payment.can.includes('retry') ? 'Please try again.' : '')}`
    case 'unknown':
      return 'We are checking whether it went through. You will not pay twice.'
  }
}
