import { TerminalError, service } from '@restatedev/restate-sdk'

/** A handler. What is inside of `ctx.run` runs again where its result was not written down: the operation makes it one. */
export const billingOf = charge =>
  service({
    name: 'billing',
    handlers: {
      charge: (ctx, invoice) =>
        ctx.run('charge', async () => {
          const end = await charge.start({ id: invoice.id }).settled
          if (end.outcome === 'executed') return end.data
          if (end.outcome === 'not-executed' && end.error.reason === 'declined')
            throw new TerminalError(end.error.message)
          throw end.error
        }),
    },
  })
