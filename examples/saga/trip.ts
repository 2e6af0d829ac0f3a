import type { Client } from 'stillonce'
import type { Step } from './saga.ts'

export type Trip = { readonly id: string }

/** What a trip books, one after another. */
export const PARTS = ['flight', 'hotel', 'car'] as const

export type Part = (typeof PARTS)[number]

/** The steps of a trip. Each operation has the trip's id: one intention each, however often the saga is taken up. */
export function tripSteps(client: Client): readonly Step<Trip>[] {
  return PARTS.map(part => ({
    name: part,
    act: client.operation<Trip>({
      name: `book-${part}`,
      id: trip => `${trip.id}/${part}`,
      request: trip => ({ method: 'post', url: `${part}/bookings`, json: { trip: trip.id } }),
    }),
    undo: client.operation<Trip>({
      name: `cancel-${part}`,
      id: trip => `${trip.id}/${part}/undo`,
      request: trip => ({ method: 'post', url: `${part}/cancellations`, json: { trip: trip.id } }),
    }),
  }))
}
