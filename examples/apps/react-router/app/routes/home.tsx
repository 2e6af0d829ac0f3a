import { Checkout } from '../checkout.tsx'

export default function Home() {
  return (
    <main>
      <h1>Tea</h1>
      <Checkout order={{ id: 'order-1', total: 1999 }} />
    </main>
  )
}
