import { notFound } from 'next/navigation'
import { findOrder } from '../../../server/shop'
import { Checkout } from '../../checkout'

/* Dynamic: rendered for each request. */
export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const order = findOrder((await params).id)
  if (order === undefined) notFound()
  return (
    <main>
      <h1>{order.id}</h1>
      <Checkout order={order} />
    </main>
  )
}
