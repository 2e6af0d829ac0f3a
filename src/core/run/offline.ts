import { remainingMs } from './knowledge.ts'
import type { Next } from './next.ts'
import { announce, next, showPaused } from './next.ts'
import type { OfflineHint } from './offline-hint.ts'
import type { Now } from './run-events.ts'
import type { RunKnowledge } from './run-state.ts'

/*
 * A runtime that reports that it is offline gives a hint, which may be wrong for hours (a VPN, a virtual adapter). The
 * run waits for the network, but tries all the same once the hint has stood for a while, and again after longer and
 * longer pauses. A try must do no harm: an ask always qualifies, and a send under a key that the server honours. A send
 * without such a key may end in doubt, while waiting ends with nothing sent.
 */

/**
 * How long the hint must have stood before the first try, ms, but at most half of the time that is left. By then a ride
 * in a lift or a change of network is over, the person who waits is still there, and the try has time left for its
 * answer.
 */
const FIRST_TRY_MS = 10_000

/** Whether a try can do no harm. */
type Try = 'safe' | 'in-doubt'

/** Lets a request leave if it may leave now, and otherwise waits for the network. */
export function whereOnline(
  knows: RunKnowledge,
  now: Now,
  what: Try,
  leave: (knows: RunKnowledge) => Next,
): Next {
  const { offline } = knows
  if (now.online) return leave(offline === undefined ? knows : { ...knows, offline: undefined })
  if (what !== 'safe' || offline === undefined || now.ms < offline.tryMs) return waitOnline(knows, now, what)
  return leave({ ...knows, offline: pausing(2 * offline.pauseMs, now) })
}

/** Waits for `online`, until a try is due or the deadline has passed. */
export function waitOnline(knows: RunKnowledge, now: Now, what: Try): Next {
  const leftMs = Math.max(0, remainingMs(knows, now))
  const offline = knows.offline ?? pausing(Math.min(FIRST_TRY_MS, Math.floor(leftMs / 2)), now)
  const untilTryMs = offline.tryMs - now.ms
  const isTried = what === 'safe' && untilTryMs < leftMs
  const delayMs = isTried ? Math.max(0, untilTryMs) : leftMs
  return next(
    { ...knows, offline },
    { name: 'offline' },
    showPaused(isTried ? now.wallAt + delayMs : undefined),
    announce({ type: 'waiting', delayMs, reason: 'offline' }),
    { do: 'wait-online', delayMs },
  )
}

function pausing(pauseMs: number, now: Now): OfflineHint {
  return { tryMs: now.ms + pauseMs, pauseMs }
}
