import type { StatusReading } from '../answers/status-answer.ts'
import type { Verdict } from '../answers/verdict.ts'

/**
 * What one run has done so far. It is not stored: a run that is taken up again starts afresh, with the
 * record's word on everything that matters for the outcome.
 */
export type Progress = {
  /** Attempts that this run made, or was denied by the retry budget; polls by re-sending do not count. */
  readonly turns: number
  /** Requests that asked: polls, status queries, and re-sends that serve as polls. */
  readonly asks: number
  /** The last attempt's verdict. */
  readonly last: Verdict | undefined
  /** The last ask's answer, if it came after the last attempt. */
  readonly lastAsk: StatusReading | undefined
  readonly failedAsksInARow: number
  readonly absentInARow: number
  /** The last status in an answer that nobody has explained. */
  readonly unknownWord: string | undefined
  /** An answer to an ask, one that came too late, or one that the `verdict` hook took for something else, showed that the server knows of the operation: a later "not found" proves nothing. */
  readonly isKnownThere: boolean
  /** Where the result of a proven success is to be read, and how often that was tried. */
  readonly resultUrl: string | undefined
  readonly resultAsks: number
  /** 409s without a sign so far. */
  readonly unsureCount: number
  /** The same was sent once more, to ask about a 412 to its precondition. */
  readonly askedAgain: boolean
  /** Attempts of this run that ended here with an ambiguous verdict, and when the last one did, monotonic ms. */
  readonly ambiguousHere: number
  readonly lastEndedAt: number | undefined
  /** Where an answer of this run said to ask, query included. */
  readonly pollUrl: string | undefined
  /** It is a status monitor, which answers in words. */
  readonly pollsMonitor: boolean
  /** The `Location` beside a monitor, where the result will be. */
  readonly resourceUrl: string | undefined
  /** What the last answer asked to wait, ms. */
  readonly retryAfterMs: number | undefined
  /** The pause before the next step has been kept. */
  readonly rested: boolean
}

export const startOfRun: Progress = {
  turns: 0,
  asks: 0,
  last: undefined,
  lastAsk: undefined,
  failedAsksInARow: 0,
  absentInARow: 0,
  unknownWord: undefined,
  isKnownThere: false,
  resultUrl: undefined,
  resultAsks: 0,
  unsureCount: 0,
  askedAgain: false,
  ambiguousHere: 0,
  lastEndedAt: undefined,
  pollUrl: undefined,
  pollsMonitor: false,
  resourceUrl: undefined,
  retryAfterMs: undefined,
  rested: true,
}

export type Observed = {
  readonly verdict: Verdict
  readonly retryAfterMs: number | undefined
  readonly poll: { readonly url: string; readonly isMonitor: boolean } | undefined
  /** The `Location` of an answer that names a monitor too. */
  readonly resourceUrl: string | undefined
  /** The attempt served as a poll, so it used no turn. */
  readonly asPoll: boolean
  /** The record counts it as ambiguous. */
  readonly ambiguous: boolean
  readonly endedAt: number
}

export function afterAttempt(progress: Progress, seen: Observed): Progress {
  const { verdict } = seen
  const failed = verdict.kind === 'unknown' || verdict.kind === 'not-sent'
  return {
    ...progress,
    turns: progress.turns + (seen.asPoll ? 0 : 1),
    asks: progress.asks + (seen.asPoll ? 1 : 0),
    last: verdict,
    lastAsk: undefined,
    failedAsksInARow: seen.asPoll && failed ? progress.failedAsksInARow + 1 : 0,
    absentInARow: 0,
    unsureCount: progress.unsureCount + (verdict.kind === 'processing' && !verdict.sure ? 1 : 0),
    askedAgain: progress.askedAgain || 'asksAgain' in verdict,
    ambiguousHere: progress.ambiguousHere + (seen.ambiguous ? 1 : 0),
    lastEndedAt: seen.endedAt,
    pollUrl: seen.poll?.url ?? progress.pollUrl,
    pollsMonitor: seen.poll?.isMonitor ?? progress.pollsMonitor,
    resourceUrl: seen.resourceUrl ?? progress.resourceUrl,
    retryAfterMs: seen.retryAfterMs,
    rested: false,
  }
}

export function afterAsk(
  progress: Progress,
  reading: StatusReading,
  retryAfterMs: number | undefined,
): Progress {
  return {
    ...progress,
    asks: progress.asks + 1,
    lastAsk: reading,
    failedAsksInARow: reading.kind === 'inconclusive' ? progress.failedAsksInARow + 1 : 0,
    absentInARow: reading.kind === 'absent' ? progress.absentInARow + 1 : 0,
    // A URL of which the server knows nothing is not asked again while there is another way to ask.
    pollUrl: reading.kind === 'absent' ? undefined : progress.pollUrl,
    unknownWord: wordAfter(progress, reading),
    isKnownThere: progress.isKnownThere || showsIt(reading),
    retryAfterMs,
    rested: false,
  }
}

/** A status that nobody has explained is a statement on the operation too. */
function showsIt(reading: StatusReading): boolean {
  return (
    reading.kind === 'processing' || 'word' in reading || ('isThere' in reading && reading.isThere === true)
  )
}

/** An answer that says nothing leaves what the last one said. */
function wordAfter(progress: Progress, reading: StatusReading): string | undefined {
  if ('word' in reading) return reading.word
  return reading.kind === 'inconclusive' ? progress.unknownWord : undefined
}

/** The result of a proven success was asked for. */
export function afterResultAsk(progress: Progress, retryAfterMs: number | undefined): Progress {
  const asks = progress.asks + 1
  return { ...progress, asks, resultAsks: progress.resultAsks + 1, retryAfterMs, rested: false }
}

export function afterPause(progress: Progress, spendsTurn: 'spends-turn' | 'keeps-turn'): Progress {
  return { ...progress, rested: true, turns: progress.turns + (spendsTurn === 'spends-turn' ? 1 : 0) }
}
