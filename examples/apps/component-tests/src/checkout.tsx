import { useIdempotentMutation, type IdempotentMutation } from 'stillonce/react'
import { sentenceFor } from './sentences.ts'
import { pay, type Cart, type Receipt } from './shop.ts'

type Payment = IdempotentMutation<Cart, Receipt>

export function Checkout({ cart }: { cart: Cart }) {
  const payment = useIdempotentMutation(pay, { restore: cart, send: true })
  return (
    <>
      <p role="status">{told(payment)}</p>
      <Offer payment={payment} cart={cart} />
    </>
  )
}

/** What the customer can do now: never a button that starts a new order while nobody knows. */
function Offer({ payment: { status, reason, can, mutate }, cart }: { payment: Payment; cart: Cart }) {
  const press = () => mutate(cart) // while it is under way, and while nobody knows, it goes on under the same key
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
    return <button onClick={can.includes('retry') ? press : () => pay.settle(cart)}>Check</button>
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
