import { useMutation, useQueryClient } from '@tanstack/react-query'
import { mutationOptions, mutationStatus } from 'stillonce/react'
import { tip, type Order } from './operations.ts'

const told = {
  idle: '',
  pending: 'Giving…',
  success: 'Thank you.',
  error: 'Not given.',
  changed: 'Another tip was given already.',
  unknown: 'We are checking. Press again to check: you will not give twice.',
}

/** An existing mutation of TanStack Query: it gets one key, the retries and the joined presses by its options. */
export function Tip({ order }: { order: Order }) {
  const queries = useQueryClient()
  const gift = useMutation({
    ...mutationOptions(tip),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['charges'] }),
  })
  return (
    <section>
      <button onClick={() => gift.mutate(order)}>Tip</button>
      <output>{told[mutationStatus(gift)]}</output>
    </section>
  )
}
