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
      <p>{(order.total / 100).toFixed(2)} €</p>
      <p role="status">{told(payment)}</p>
      <Offer payment={payment} order={order} />
    </section>
  )
}

/** What the customer can do now: never a button that starts a new order while nobody knows. */
function Offer({ payment: { status, reason, can, mutate }, order }: { payment: Payment; order: Order }) {
  const press = () => mutate(order) // while it is under way, and while nobody knows, it goes on under the same key
  if (status === 'success') return null
  if (status === 'idle' || status === 'pending') {
    return (
      <button aria-busy={status === 'pending'} onClick={press}>
        Pay
      </button>
    )
  }
  if (can.includes('sign-in')) {
    return (
      <>
        <a href="/login">Sign in</a> <button onClick={press}>Try again</button>
      </>
    )
  }
  if (status === 'unknown')
    return <button onClick={can.includes('retry') ? press : () => pay.settle(order)}>Check</button>
  if (can.includes('retry')) return <button onClick={press}>Try again</button>
  if (!can.includes('change')) return null
  return (
    <>
      <button onClick={() => location.reload()}>Look again</button>{' '}
      {/* Proven not executed: whoever has looked may press again, which is a new operation. */}
      {status === 'error' && reason === 'conflict' && <button onClick={press}>Try again</button>}
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
