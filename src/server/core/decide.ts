import type { AnswerOutcome, KeyRecord, StoredAnswer } from './key-state.ts'
import { mayRunAgain } from './key-state.ts'
import { isForgotten, type FirstSend, type Memory } from './memory.ts'

/** What a request with a key is answered, or that this request is the one to execute. */
export type Decision =
  | { readonly kind: 'execute'; readonly takesOver: boolean }
  /**
   * `isProof`: the answer proves the outcome of the key. An answer that was made from an error does not, because the
   * operation may have been executed.
   */
  | {
      readonly kind: 'replay'
      readonly answer: StoredAnswer
      readonly outcome: AnswerOutcome
      readonly isProof: boolean
    }
  /** Concluded as executed, without an answer to give. */
  | { readonly kind: 'executed' }
  | { readonly kind: 'in-progress' }
  | { readonly kind: 'payload-mismatch' }
  | { readonly kind: 'outcome-unknown'; readonly reason: string }
  | { readonly kind: 'not-executed'; readonly why: 'sealed' | 'concluded' }
  /** Nothing is known about the key, and it is old enough to have been forgotten. */
  | { readonly kind: 'key-expired' }

export type RequestFacts = {
  readonly fingerprint: string
  /** When the client first sent this key, as the client reports it. */
  readonly firstSent: FirstSend | undefined
  readonly resumable: boolean
  readonly retentionMs: number
  readonly memory: Memory
  readonly nowAt: number
}

/** Decides what happens to a request, from the stored record of its key. */
export function decide(record: KeyRecord | undefined, facts: RequestFacts): Decision {
  if (record === undefined)
    return isForgotten(facts.firstSent, facts)
      ? { kind: 'key-expired' }
      : { kind: 'execute', takesOver: false }
  if (record.state === 'failed' && record.answer === undefined)
    return { kind: 'not-executed', why: record.why === 'sealed' ? 'sealed' : 'concluded' }
  if (record.fingerprint !== undefined && record.fingerprint !== facts.fingerprint)
    return { kind: 'payload-mismatch' }
  if (mayRunAgain(record, facts.resumable, facts.nowAt)) return { kind: 'execute', takesOver: true }
  switch (record.state) {
    case 'succeeded':
      return record.answer === undefined ? { kind: 'executed' } : replay(record.answer, 'executed')
    case 'failed':
    case 'unknown':
      return record.answer === undefined
        ? { kind: 'outcome-unknown', reason: 'reason' in record ? record.reason : 'the handler failed' }
        : replay(record.answer, record.state === 'failed' ? 'not-executed' : 'unknown')
    case 'processing':
      return facts.nowAt < record.leaseUntil
        ? { kind: 'in-progress' }
        : { kind: 'outcome-unknown', reason: 'the process that held the key stopped answering' }
    default:
      return record satisfies never
  }
}

function replay(answer: StoredAnswer, outcome: AnswerOutcome): Decision {
  return { kind: 'replay', answer, outcome, isProof: outcome !== 'unknown' || answer.status >= 500 }
}

/**
 * How far the clocks of a client and a server may differ: a tenth of the retention, and at least a minute. A key is
 * remembered this much longer than its first-send time is accepted.
 */
export function clockMarginMs(retentionMs: number): number {
  return Math.max(60_000, retentionMs / 10)
}

/**
 * When a settled record may be forgotten, epoch ms. A seal may be forgotten too: a later request under its key was
 * first sent before the memory begins, and is refused for that. Open records and a person's conclusions are never
 * forgotten.
 */
export function expiryOf(record: KeyRecord, retentionMs: number): number | undefined {
  if (isOpenKey(record) || (record.state === 'failed' && record.why === 'concluded')) return undefined
  return record.changedAt + retentionMs + clockMarginMs(retentionMs)
}

/** Whether a key waits for its holder, or for somebody to conclude it. A store never drops such a key. */
export function isOpenKey(record: KeyRecord): boolean {
  return record.state === 'processing' || record.state === 'unknown'
}
