import type { RefusalReason } from '../answers/evidence.ts'
import type { OperationRecord } from '../record/operation-record.ts'
import type { ClockReading } from '../record/server-clock.ts'
import type { EventFields } from './event-fields.ts'
import type { End } from './end.ts'
import type { Budget } from './retry-budget.ts'

export type Phase = 'claiming' | 'sending' | 'waiting' | 'polling' | 'asking' | 'settled'

/**
 * What the performer does. The commands up to `ask`, except `wake`, and the command `land` lead to an event sooner or
 * later.
 */
export type Command =
  | { readonly do: 'read' }
  | { readonly do: 'write'; readonly record: OperationRecord }
  | { readonly do: 'make-key'; readonly generation: number }
  | { readonly do: 'compare-bytes'; readonly key: string }
  | { readonly do: 'wait-for-other'; readonly delayMs: number }
  | { readonly do: 'rest'; readonly delayMs: number }
  | { readonly do: 'wait-online'; readonly delayMs: number }
  /** Ends a wait, which then brings no event. */
  | { readonly do: 'wake' }
  | { readonly do: 'fly'; readonly as: 'attempt' | 'poll' | 'reread' }
  | { readonly do: 'ask'; readonly at: 'poll-url' | 'status' | 'result' }
  /** The attempt gets its full timeout again. */
  | { readonly do: 'restart-timer' }
  /** The send at the gate is written ahead. */
  | { readonly do: 'written-ahead'; readonly send: number }
  | { readonly do: 'pass'; readonly send: number }
  | { readonly do: 'refuse'; readonly send: number; readonly reason: RefusalReason }
  /** Gives up what is on its way to the server. */
  | { readonly do: 'cut'; readonly by: 'timeout' | 'stop' }
  /** Stops waiting for the attempt. The event `landed` brings what is still known of it. */
  | { readonly do: 'land' }
  /** Remembers when the key was first sent. */
  | { readonly do: 'date-key'; readonly key: string; readonly at: ClockReading }
  | { readonly do: 'budget'; readonly budget: Budget }
  | { readonly do: 'tell'; readonly event: EventFields }
  /** `isPaused`: the run waits for the network, because the runtime reports that it is offline. */
  | {
      readonly do: 'show'
      readonly phase: Phase
      readonly retryAt: number | undefined
      readonly isPaused: boolean
    }
  | { readonly do: 'end'; readonly end: End }
