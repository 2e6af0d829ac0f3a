import { useQueryClient } from '@tanstack/react-query'
import { useIdempotentMutation, type IdempotentMutation } from 'stillonce/react'
import { pay, type Order, type Receipt } from './operations.ts'
import { sentenceFor } from './sentences.ts'

type Payment = IdempotentMutation<Order, Receipt>

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
      <Offer payment={payment} order={order} />
      <p role="status">{told(payment)}</p>
    </section>
  )
}

/** What the customer can do now: never a button that starts a new order while nobody knows. */
function Offer({ payment: { status, can, mutate }, order }: { payment: Payment; order: Order }) {
  if (status === 'idle' || status === 'pending' || status === 'success')
    return <button onClick={() => mutate(order)}>Pay</button>
  return (
    <>
      {can.includes('sign-in') && <a href="/login">Sign in</a>}
      {can.includes('change') && <button onClick={() => location.reload()}>Look again</button>}
      {(can.includes('retry') || can.includes('sign-in')) && (
        <button onClick={() => mutate(order)}>Try again</button>
      )}
      {can.includes('check') && <button onClick={() => pay.settle(order)}>Check</button>}
    </>
  )
}

function told(payment: Payment): string {
  if (payment.isIdle) return ''
  if (payment.isPending)
    return payment.isPaused ? 'You are offline. We go on as soon as you are back.' : 'Paying…'
  if (payment.isSuccess && payment.data) return `Paid: ${payment.data.charge}`
  return sentenceFor(payment)
}
