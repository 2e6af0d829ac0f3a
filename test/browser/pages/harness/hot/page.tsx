import { useIdempotentMutation } from 'stillonce/react'
import { charge } from './charge.ts'

const WORD = 'Pay'

export function Page() {
  const pay = useIdempotentMutation(charge)
  return (
    <>
      <button type="button" onClick={() => pay.mutate('cart-hot')}>
        {WORD}
      </button>
      <output>{pay.status}</output>
    </>
  )
}
