import { ApplicationFailure, activityInfo, cancellationSignal } from '@temporalio/activity'

/** An activity. Its id stays the same over its retries, and its workflow's id makes it one of a kind. */
export const activitiesOf = charge => ({
  async charge() {
    const { activityId, workflowExecution } = activityInfo()
    const id = `${workflowExecution.workflowId}/${activityId}`
    const end = await charge.start({ id }, { signal: cancellationSignal() }).settled
    if (end.outcome === 'executed') return end.data
    if (end.outcome === 'not-executed' && end.error.reason === 'declined')
      throw ApplicationFailure.nonRetryable(end.error.message, 'declined')
    throw end.error
  },
})
