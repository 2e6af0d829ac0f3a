import type { RecordEvent } from '../../core/record/transition.ts'
import { transition } from '../../core/record/transition.ts'
import type { RunContext } from './run-context.ts'

/** Takes what happened into the record, in memory. */
export function apply(x: RunContext, event: RecordEvent): void {
  const before = x.record
  if (before === undefined) return
  const { runtime } = x.engine
  const after = transition(before, event, runtime.now())
  x.record = after
  // Also where another's word was stored before: this run's own evidence proves it by itself.
  if (after.state === 'succeeded' && provesSuccess(event)) x.prove()
  if (x.record?.state === 'processing' && !x.polling && hasLeft(event)) {
    x.polling = true
    x.deadlineAt = runtime.monotonic() + x.plan.settings.pollDeadlineMs
  }
}

function provesSuccess(event: RecordEvent): boolean {
  if (event.kind === 'observe') return event.verdict.kind === 'succeeded'
  return event.kind === 'learn' && event.told.kind === 'executed'
}

/** Whether something came of a request: what the gate refused brings no more time. */
function hasLeft(event: RecordEvent): boolean {
  return event.kind === 'observe' ? event.verdict.kind !== 'not-sent' : event.kind === 'learn'
}
