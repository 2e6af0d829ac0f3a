import { Checkout } from '../checkout.tsx'
import { findOrder } from '../shop.server.ts'
import type { Route } from './+types/order'

export function loader({ params }: Route.LoaderArgs) {
  const order = findOrder(params.id)
  if (order === undefined) throw new Response(null, { status: 404 })
  return order
}

export default function OrderPage({ loaderData }: Route.ComponentProps) {
  return (
    <main>
      <h1>{loaderData.id}</h1>
      <Checkout order={loaderData} />
    </main>
  )
}
