import { Checkout } from './checkout'

/* Static: rendered once, by `next build`. */
export default function Page() {
  return (
    <main>
      <h1>Tea</h1>
      <Checkout order={{ id: 'order-1', total: 1999 }} />
    </main>
  )
}
