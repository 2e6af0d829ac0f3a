import { serverDateOf } from '../../core/answers/answer-date.ts'
import type { Answer } from '../../core/answers/evidence.ts'
import type { FirstSendTime } from '../../core/record/first-send-time.ts'
import { firstSendTime } from '../../core/record/first-send-time.ts'
import { serverTimeAt } from '../../core/record/server-clock.ts'
import type { RunFacts } from '../run/run-facts.ts'
import { serverClocksOf } from '../server-memory.ts'

/**
 * Takes the `Date` of an answer to a request that left at `leftAt` into what is known of its server's clock; gives the
 * server's clock less ours, ms, once another answer confirms it: kept in the record, the wrong one of one node would make
 * the key look old for good.
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

/** The time that is given to the server for the first send of the key. */
export function firstSentToTell(x: RunFacts): FirstSendTime | undefined {
  const { firstSentAt, firstSentServerAt } = x.record ?? {}
  const clock = serverClocksOf(x.engine).of(x.origin)
  return firstSendTime({ firstSentAt, firstSentServerAt, clock, firstSend: x.firstSend })
}
