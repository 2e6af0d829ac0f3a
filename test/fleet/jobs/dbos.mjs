import { DBOS } from '@dbos-inc/dbos-sdk'

/** A step. It runs again where the process ended before its result was written down: the operation makes it one. */
export const billingOf = charge =>
  DBOS.registerWorkflow(
    () =>
      DBOS.runStep(
        async () => {
          const end = await charge.start({ id: DBOS.workflowID }).settled
          if (end.outcome === 'executed') return end.data
          if (end.outcome === 'not-executed' && end.error.reason === 'declined')
            return { declined: end.error.message }
          throw end.error
        },
        { name: 'charge', retriesAllowed: true, maxAttempts: 10 },
      ),
    { name: 'billing' },
  )
