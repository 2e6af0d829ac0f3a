import { useIdempotentMutation } from 'stillonce/react'
import { pay, type Cart } from './shop.ts'

export function Checkout({ cart }: { cart: Cart }) {
  const payment = useIdempotentMutation(pay, { restore: cart, send: true })
  return (
    <>
      <button onClick={() => payment.mutate(cart)}>Pay</button>
      <p role="status">
        {payment.isPending && 'Paying…'}
        {payment.isSuccess &&
          (payment.error ? 'Paid. The receipt will follow.' : `Paid: ${payment.data.charge}`)}
        {payment.isError && `Not paid. ${payment.error.serverMessage ?? 'Please try again.'}`}
        {payment.isUnknown && 'We are checking whether it went through.'}
      </p>
    </>
  )
}
