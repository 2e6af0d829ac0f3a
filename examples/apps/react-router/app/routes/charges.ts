import { once } from '../once.server.ts'
import { charge, charges, findOrder } from '../shop.server.ts'
import type { Route } from './+types/charges'

/* A resource route: without a component it answers by itself. */
export const action = ({ request }: Route.ActionArgs) =>
  once.handle(
    request,
    async (_, { input }) => {
      const order = findOrder((input as { id?: unknown } | null)?.id)
      if (order === undefined) return Response.json({ message: 'There is no such order.' }, { status: 404 })
      if (order.total > 100_000) return Response.json({ message: 'Your card was declined.' }, { status: 402 })
      return Response.json(charge(order.id), { status: 201 })
    },
    { parse: 'json' },
  )

/** The ledger, to look at. */
export const loader = () => Response.json(charges())
