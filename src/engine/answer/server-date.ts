import { serverDateOf } from '../../core/answers/answer-date.ts'
import type { Answer } from '../../core/answers/evidence.ts'
import type { FirstSendTime } from '../../core/record/first-send-time.ts'
import { firstSendTime } from '../../core/record/first-send-time.ts'
import { serverTimeAt } from '../../core/record/server-clock.ts'
import type { RunFacts } from '../run/run-facts.ts'
import { serverClocksOf } from '../server-memory.ts'

/**
 * Adds the `Date` of a response, whose request was sent at `leftAt`, to what is known about its server's clock. Returns
 * the server's clock minus ours, ms, once another response confirms it: stored in the record, the wrong clock of a
 * single node would make the key look old for good.
 */
export function seeDate(x: RunFacts, answer: Answer, from: URL, leftAt: number): number | undefined {
  const { reading } = x
  const isStillonce = x.plan.settings.profile.name === 'stillonce'
  const date = serverDateOf(answer, { isStillonce, leftAt, nowAt: reading.nowAt })
  if (date === undefined) return undefined
  const { nowAt, monotonicMs } = reading
  const sighting = { nowAt, monotonicMs, serverAt: date.at, isExact: date.isExact }
  const confirmedAt = serverTimeAt(serverClocksOf(x.engine).saw(from.origin, sighting), reading)
  return confirmedAt === undefined ? undefined : confirmedAt - nowAt
}

/** The time of the key's first send that is reported to the server. */
export function firstSentToTell(x: RunFacts): FirstSendTime | undefined {
  const { firstSentAt, firstSentServerAt } = x.record ?? {}
  const clock = serverClocksOf(x.engine).of(x.origin)
  return firstSendTime({ firstSentAt, firstSentServerAt, clock, firstSend: x.firstSend })
}
