import { useIdempotentMutation, type IdempotentMutation } from 'stillonce/react'
import { sentenceFor } from './sentences.ts'
import { pay, type Cart, type Receipt } from './shop.ts'

type Payment = IdempotentMutation<Cart, Receipt>

export function Checkout({ cart }: { cart: Cart }) {
  const payment = useIdempotentMutation(pay, { restore: cart, send: true })
  return (
    <>
      <Offer payment={payment} cart={cart} />
      <p role="status">{told(payment)}</p>
    </>
  )
}

/** What the customer can do now: never a button that starts a new order while nobody knows. */
function Offer({ payment: { status, can, mutate }, cart }: { payment: Payment; cart: Cart }) {
  if (status === 'idle' || status === 'pending' || status === 'success')
    return <button onClick={() => mutate(cart)}>Pay</button>
  return (
    <>
      {can.includes('sign-in') && <a href="/login">Sign in</a>}
      {can.includes('change') && <button onClick={() => location.reload()}>Look again</button>}
      {(can.includes('retry') || can.includes('sign-in')) && (
        <button onClick={() => mutate(cart)}>Try again</button>
      )}
      {can.includes('check') && <button onClick={() => pay.settle(cart)}>Check</button>}
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
