import { charge, charges, findOrder } from '../../../server/shop'
import { once } from '../../../server/once'

export const POST = once.wrap(
  async (_, { input }) => {
    const order = findOrder((input as { id?: unknown } | null)?.id)
    if (order === undefined) return Response.json({ message: 'There is no such order.' }, { status: 404 })
    if (order.total > 100_000) return Response.json({ message: 'Your card was declined.' }, { status: 402 })
    return Response.json(charge(order.id), { status: 201 })
  },
  { parse: 'json' },
)

/** The ledger, to look at. */
export function GET() {
  return Response.json(charges())
}
