import { useIdempotentMutation } from 'stillonce/react'
import { pay, type Order } from './operations.ts'

export function Checkout({ order }: { order: Order }) {
  const payment = useIdempotentMutation(pay, { restore: order, send: true })
  return (
    <>
      <button onClick={() => payment.mutate(order)}>{payment.isPending ? 'Paying…' : 'Pay'}</button>
      <p role="status">
        {payment.isSuccess &&
          (payment.error ? 'Paid. The receipt will follow.' : `Paid: ${payment.data.charge}`)}
        {payment.isError && `Not paid. ${payment.error.serverMessage ?? 'Please try again.'}`}
        {payment.isChanged && 'Another amount was paid for this already.'}
        {payment.isUnknown && 'We are checking whether it went through. Please do not pay again.'}
      </p>
    </>
  )
}
