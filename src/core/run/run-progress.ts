import { wantsSignIn } from '../answers/sign-in-status.ts'
import type { StatusReading } from '../answers/status-answer.ts'
import type { Verdict } from '../answers/verdict.ts'
import type { CountedAs } from './step.ts'

/**
 * What one run has done so far. The progress is not stored: a run that is taken up again starts afresh, and the record
 * holds everything that matters for the outcome.
 */
export type Progress = {
  /** Attempts that this run made, without the re-sends that served as polls. */
  readonly turns: number
  /** Retries that the budget denied since the last attempt. The pauses grow with them, too. */
  readonly denials: number
  /** Requests that asked: polls, status requests, and re-sends that served as polls. */
  readonly asks: number
  /** Asks that the server answered, whatever the answer was. */
  readonly answeredAsks: number
  /** The last attempt's verdict. */
  readonly last: Verdict | undefined
  /** What the last ask found out, if it came after the last attempt. */
  readonly lastAsk: StatusReading | undefined
  readonly failedAsksInARow: number
  readonly absentInARow: number
  /** The last status word in an answer that no definition explains. */
  readonly unknownWord: string | undefined
  /**
   * The server has shown that it knows of the operation: in an answer to an ask, in a late answer, or in one that the
   * `verdict` hook took for something else. A later "not found" then proves nothing.
   */
  readonly isKnownThere: boolean
  /** How many answers proved the success but could not be read. */
  readonly unreadable: number
  /**
   * Where the result of a proven success can be read, how many times that was tried, and how many times the server
   * answered.
   */
  readonly resultUrl: string | undefined
  readonly resultAsks: number
  readonly resultAnswers: number
  /** How many 409s without a sign of their meaning this run has got. */
  readonly unsureCount: number
  /** The same request was sent once more, to find out what a 412 to its precondition meant. */
  readonly askedAgain: boolean
  /**
   * How many attempts of this run ended here with an ambiguous verdict, and when the last attempt of any verdict ended,
   * monotonic ms.
   */
  readonly ambiguousHere: number
  readonly lastEndedAt: number | undefined
  /** The URL at which an answer of this run said to ask, with its query. */
  readonly pollUrl: string | undefined
  /** The poll URL is that of a status monitor, which answers in status words. */
  readonly pollsMonitor: boolean
  /** The `Location` that came beside a monitor: the future place of the result. */
  readonly resourceUrl: string | undefined
  /** The origin at which an answer of this run said to ask, if that origin may not be asked. */
  readonly foreign: string | undefined
  /**
   * Answers in a row, to sends and asks alike, that required a login (401, 407). A missing answer, a failure (5xx) and
   * a "not found" do not end the row.
   */
  readonly signInsInARow: number
  /** How long the last answer asked to wait, ms. */
  readonly retryAfterMs: number | undefined
  /** The pause before the next step has been kept. */
  readonly rested: boolean
}

export const startOfRun: Progress = {
  turns: 0,
  denials: 0,
  asks: 0,
  answeredAsks: 0,
  last: undefined,
  lastAsk: undefined,
  failedAsksInARow: 0,
  absentInARow: 0,
  unknownWord: undefined,
  isKnownThere: false,
  unreadable: 0,
  resultUrl: undefined,
  resultAsks: 0,
  resultAnswers: 0,
  unsureCount: 0,
  askedAgain: false,
  ambiguousHere: 0,
  lastEndedAt: undefined,
  pollUrl: undefined,
  pollsMonitor: false,
  resourceUrl: undefined,
  foreign: undefined,
  signInsInARow: 0,
  retryAfterMs: undefined,
  rested: true,
}

export type Observed = {
  readonly verdict: Verdict
  /** The status of the answer, if one came. */
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined
  readonly poll: { readonly url: string; readonly isMonitor: boolean } | undefined
  /** The `Location` of an answer that also names a monitor. */
  readonly resourceUrl: string | undefined
  /** The origin of an address that the answer names and that may not be asked. */
  readonly foreign: string | undefined
  /** The attempt served as a poll, so it used no turn. */
  readonly asPoll: boolean
  /** The record counts the attempt as ambiguous. */
  readonly ambiguous: boolean
  readonly endedAt: number
}

export function afterAttempt(progress: Progress, seen: Observed): Progress {
  const { verdict } = seen
  const failed = verdict.kind === 'unknown' || verdict.kind === 'not-sent'
  return {
    ...progress,
    turns: progress.turns + (seen.asPoll ? 0 : 1),
    denials: 0,
    asks: progress.asks + (seen.asPoll ? 1 : 0),
    last: verdict,
    lastAsk: undefined,
    failedAsksInARow: seen.asPoll && failed ? progress.failedAsksInARow + 1 : 0,
    absentInARow: 0,
    unreadable:
      progress.unreadable + (verdict.kind === 'succeeded' && verdict.result === 'unreadable' ? 1 : 0),
    unsureCount: progress.unsureCount + (verdict.kind === 'processing' && !verdict.sure ? 1 : 0),
    askedAgain: progress.askedAgain || 'asksAgain' in verdict,
    ambiguousHere: progress.ambiguousHere + (seen.ambiguous ? 1 : 0),
    lastEndedAt: seen.endedAt,
    pollUrl: seen.poll?.url ?? progress.pollUrl,
    pollsMonitor: seen.poll?.isMonitor ?? progress.pollsMonitor,
    resourceUrl: seen.resourceUrl ?? progress.resourceUrl,
    foreign: seen.foreign ?? progress.foreign,
    signInsInARow: signInsAfter(progress, seen.status),
    retryAfterMs: seen.retryAfterMs,
    rested: false,
  }
}

/** What came of an ask: whether the server answered, with which status, and how long it asks to wait, ms. */
export type Heard = {
  readonly isAnswered: boolean
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined
}

export function afterAsk(
  progress: Progress,
  reading: StatusReading,
  { isAnswered, status, retryAfterMs }: Heard,
): Progress {
  return {
    ...progress,
    asks: progress.asks + 1,
    answeredAsks: progress.answeredAsks + (isAnswered ? 1 : 0),
    lastAsk: reading,
    failedAsksInARow: reading.kind === 'inconclusive' ? progress.failedAsksInARow + 1 : 0,
    absentInARow: reading.kind === 'absent' ? progress.absentInARow + 1 : 0,
    // A URL at which the server knows nothing is not asked again while there is another way to ask.
    pollUrl: reading.kind === 'absent' ? undefined : progress.pollUrl,
    unknownWord: wordAfter(progress, reading),
    isKnownThere: progress.isKnownThere || showsIt(reading),
    signInsInARow: signInsAfter(progress, status),
    retryAfterMs,
    rested: false,
  }
}

/** An unexplained status also shows that the operation is there. */
function showsIt(reading: StatusReading): boolean {
  return (
    reading.kind === 'processing' || 'word' in reading || ('isThere' in reading && reading.isThere === true)
  )
}

/** An inconclusive answer leaves the earlier word in place. */
function wordAfter(progress: Progress, reading: StatusReading): string | undefined {
  if ('word' in reading) return reading.word
  return reading.kind === 'inconclusive' ? progress.unknownWord : undefined
}

function signInsAfter({ signInsInARow }: Progress, status: number | undefined): number {
  if (status === undefined || status >= 500 || status === 404 || status === 410) return signInsInARow
  return wantsSignIn(status) ? signInsInARow + 1 : 0
}

/** Counts a request for the result of a proven success. */
export function afterResultAsk(
  progress: Progress,
  { isAnswered, retryAfterMs }: Pick<Heard, 'isAnswered' | 'retryAfterMs'>,
): Progress {
  return {
    ...progress,
    asks: progress.asks + 1,
    answeredAsks: progress.answeredAsks + (isAnswered ? 1 : 0),
    resultAsks: progress.resultAsks + 1,
    resultAnswers: progress.resultAnswers + (isAnswered ? 1 : 0),
    retryAfterMs,
    rested: false,
  }
}

export function afterPause(progress: Progress, counts: CountedAs): Progress {
  return { ...progress, rested: true, denials: progress.denials + (counts === 'denied' ? 1 : 0) }
}

/** Counts a refusal by the gate as an attempt, so that plan and gate do not disagree for ever. */
export function afterDisagreement(progress: Progress, reason: string): Progress {
  return { ...progress, turns: progress.turns + 1, last: { kind: 'not-sent', reason }, rested: false }
}
