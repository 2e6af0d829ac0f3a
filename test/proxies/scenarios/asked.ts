import type { Definition } from '../press.ts'
import type { Behaviour } from '../shop.ts'

type Read = NonNullable<NonNullable<Definition['status']>['read']>

const read: Read = ({ status, body }) => {
  if (status === 404) return { absent: true }
  const { status: word, result } = body as { readonly status?: string; readonly result?: unknown }
  if (word === 'succeeded') return { outcome: 'executed', data: result }
  if (word === 'processing') return { processing: true }
  throw new Error('no answer of this application')
}

/** What became of an order, at a URL of its own. */
export const statusOfOrder: NonNullable<Definition['status']> = {
  request: ({ id }) => ({ url: `orders/${String(id)}` }),
  read,
}

/** Not found until it was executed. */
export const whenCharged: NonNullable<Behaviour['ask']> = ({ answer }, { charges }) =>
  charges.length === 0
    ? answer(404, { code: 'not_found' })
    : answer(200, { status: 'succeeded', result: { charge: charges.at(-1) } })

/** At work for the first question that reaches it, done at the next. */
export const doneAtTheSecond: NonNullable<Behaviour['ask']> = ({ answer }, { charges, asked }) =>
  answer(
    200,
    asked.length < 2 ? { status: 'processing' } : { status: 'succeeded', result: { charge: charges.at(-1) } },
  )
