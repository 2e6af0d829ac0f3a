/*
 * The life of one key at the server.
 *
 *   nothing ──claim──▶ processing ──complete──▶ succeeded | failed | unknown
 *      ▲                  │   ▲                                        │
 *      └────release───────┤   └──claim, only where both are resumable──┤
 *                         └──lose──▶ unknown ──complete (its own, late)─┘
 *
 *   nothing ──seal──▶ failed.      nothing, unknown, lapsed processing ──conclude──▶ succeeded | failed
 *
 * Work that may have half happened never runs again on a guess. A claim whose lease has lapsed, and an `unknown` key,
 * stay that way until their holder completes them late or somebody concludes. Only a handler that is declared
 * resumable runs again, and then only its success settles the key: a refusal proves nothing about the run before.
 * `succeeded` and `failed` are final.
 */

/** The fields of every record. With `owner` and `write`, a writer whose reply was lost recognizes its own record. */
type Written = {
  readonly owner: string
  readonly write: number
  /** Epoch ms. */
  readonly createdAt: number
  readonly changedAt: number
  /** The fingerprint of what must not change; undefined if the key was sealed or concluded before any request came. */
  readonly fingerprint?: string | undefined
}

/** `fence` counts the claims of a key. An effect that checks the fence refuses an older holder. */
export type Processing = Written & {
  readonly state: 'processing'
  readonly fence: number
  readonly leaseUntil: number
  readonly resumable: boolean
}

/**
 * The handler may have executed. `answer` is the response that the client got: the handler's own 500, or the
 * framework's response to an error.
 */
export type Unknown = Written & {
  readonly state: 'unknown'
  readonly fence: number
  readonly resumable: boolean
  readonly reason: string
  readonly answer?: StoredAnswer | undefined
}

export type Succeeded = Written & {
  readonly state: 'succeeded'
  /** Undefined if the key was concluded without an answer. */
  readonly answer?: StoredAnswer | undefined
}

/** Proven not executed: refused by the handler, sealed before it began, or concluded. */
export type Failed = Written & {
  readonly state: 'failed'
  readonly why: 'refused' | 'sealed' | 'concluded'
  readonly answer?: StoredAnswer | undefined
}

export type KeyRecord = Processing | Unknown | Succeeded | Failed

/** An answer as it is stored. `left-out`: the answer had a body that was too large or must not be stored. */
export type StoredAnswer = {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
  readonly form: 'text' | 'base64' | 'left-out'
}

/** What an answer proves about the operation. */
export type AnswerOutcome = 'executed' | 'not-executed' | 'unknown'

/** 4xx: the handler refused. 5xx: the operation may have half happened. Everything else is a success. */
export function outcomeOfStatus(status: number): AnswerOutcome {
  if (status >= 500) return 'unknown'
  return status >= 400 ? 'not-executed' : 'executed'
}

export type KeyEvent =
  | {
      readonly kind: 'claim'
      readonly fingerprint: string
      readonly leaseMs: number
      readonly resumable: boolean
    }
  | { readonly kind: 'renew'; readonly leaseMs: number }
  | { readonly kind: 'complete'; readonly answer: StoredAnswer; readonly keep: boolean }
  | {
      readonly kind: 'lose'
      readonly reason: string
      /** The framework's response to the handler's error. */
      readonly answer?: StoredAnswer | undefined
    }
  | { readonly kind: 'release' }
  | { readonly kind: 'seal' }
  | {
      readonly kind: 'conclude'
      readonly outcome: 'executed' | 'not-executed'
      readonly answer?: StoredAnswer | undefined
    }

export type Change =
  /** `record` undefined: nothing is stored, and the key is free again. */
  | { readonly kind: 'write'; readonly record: KeyRecord | undefined }
  | { readonly kind: 'refused'; readonly reason: string }

/** The writer and the number of its write. No two writes of a writer have the same number, stored or not. */
export type Writer = { readonly owner: string; readonly write: number; readonly nowAt: number }

/* Classes for the reason that `Service` has, and because V8 spreads one object into another slowly. */

class ClaimRecord implements Processing {
  readonly owner: string
  readonly write: number
  readonly createdAt: number
  readonly changedAt: number
  readonly fingerprint: string
  readonly state: 'processing'
  readonly fence: number
  readonly leaseUntil: number
  readonly resumable: boolean

  constructor(
    written: Written,
    claim: Pick<Processing, 'fence' | 'leaseUntil' | 'resumable'> & { readonly fingerprint: string },
  ) {
    this.owner = written.owner
    this.write = written.write
    this.createdAt = written.createdAt
    this.changedAt = written.changedAt
    this.fingerprint = claim.fingerprint
    this.state = 'processing'
    this.fence = claim.fence
    this.leaseUntil = claim.leaseUntil
    this.resumable = claim.resumable
  }
}

class SuccessRecord implements Succeeded {
  readonly owner: string
  readonly write: number
  readonly createdAt: number
  readonly changedAt: number
  readonly fingerprint: string | undefined
  readonly state: 'succeeded'
  readonly answer: StoredAnswer

  constructor(written: Written, answer: StoredAnswer) {
    this.owner = written.owner
    this.write = written.write
    this.createdAt = written.createdAt
    this.changedAt = written.changedAt
    this.fingerprint = written.fingerprint
    this.state = 'succeeded'
    this.answer = answer
  }
}

/** The only function that changes a key's state. Only the holder of a claim can end the claim. */
export function nextKeyState(
  before: KeyRecord | undefined,
  event: KeyEvent,
  { owner, write: number, nowAt }: Writer,
): Change {
  const written = {
    owner,
    write: number,
    createdAt: before?.createdAt ?? nowAt,
    changedAt: nowAt,
    fingerprint: before?.fingerprint,
  }
  switch (event.kind) {
    case 'claim': {
      if (before !== undefined && !mayRunAgain(before, event.resumable, nowAt))
        return refused('the key is held or settled')
      const { fingerprint, resumable } = event
      const fence = before !== undefined && 'fence' in before ? before.fence + 1 : 1
      const leaseUntil = nowAt + event.leaseMs
      return write(new ClaimRecord(written, { fingerprint, fence, leaseUntil, resumable }))
    }
    case 'seal':
      return before === undefined
        ? write({ ...written, state: 'failed', why: 'sealed' })
        : refused(`the key is ${before.state}`)
    case 'conclude':
      return conclude(before, event, written, nowAt)
    default:
      return byHolder(before, event, written)
  }
}

/**
 * Changes that only the holder of the claim may make, early or late, unless another run took the key over or it was
 * settled.
 */
function byHolder(
  before: KeyRecord | undefined,
  event: Extract<KeyEvent, { kind: 'renew' | 'complete' | 'lose' | 'release' }>,
  written: Written,
): Change {
  if (before === undefined || before.owner !== written.owner) return refused('another holds the key')
  if (before.state !== 'processing' && before.state !== 'unknown')
    return refused(`the key is ${before.state}`)
  const { fence, resumable } = before
  switch (event.kind) {
    case 'renew':
      if (before.state !== 'processing') return refused('the claim was given up')
      return write({ ...before, ...written, leaseUntil: written.changedAt + event.leaseMs })
    case 'lose': {
      const { reason, answer } = event
      // A resumable key keeps no answer of a failed run, because a later run may still succeed.
      const kept = answer !== undefined && !resumable && { answer }
      return write({ ...written, state: 'unknown', fence, resumable, reason, ...kept })
    }
    case 'release':
      return notByThisRun({ ...written, fence, resumable }, undefined)
    case 'complete':
      return complete(event, written, { fence, resumable })
    default:
      return event satisfies never
  }
}

function complete(
  { answer, keep }: Extract<KeyEvent, { kind: 'complete' }>,
  written: Written,
  { fence, resumable }: { readonly fence: number; readonly resumable: boolean },
): Change {
  switch (outcomeOfStatus(answer.status)) {
    case 'executed':
      // The execution is always recorded; the `stores` option can only leave out the answer.
      return write(new SuccessRecord(written, keep ? answer : withoutBody(answer)))
    case 'not-executed': {
      const refusal = { ...written, state: 'failed', why: 'refused', answer } as const
      return notByThisRun({ ...written, fence, resumable }, keep ? refusal : undefined)
    }
    case 'unknown': {
      const reason = `the handler answered ${answer.status}`
      return write({ ...written, state: 'unknown', fence, resumable, reason, ...(keep && { answer }) })
    }
  }
}

/**
 * A run can only prove something about itself. If it was the first run, then "nothing happened" or a refusal is
 * proof. If it took over from an earlier run, that run may have executed, or may still; so the key stays open for
 * another run.
 */
function notByThisRun(
  claim: Written & { readonly fence: number; readonly resumable: boolean },
  proven: KeyRecord | undefined,
): Change {
  return claim.fence === 1
    ? write(proven)
    : write({ ...claim, state: 'unknown', reason: 'an earlier run may have executed' })
}

function conclude(
  before: KeyRecord | undefined,
  { outcome, answer }: Extract<KeyEvent, { kind: 'conclude' }>,
  written: Written,
  nowAt: number,
): Change {
  if (before?.state === 'succeeded' || before?.state === 'failed') {
    const same = (before.state === 'succeeded') === (outcome === 'executed')
    return same ? { kind: 'write', record: before } : refused(`the key has ${before.state}`)
  }
  if (before?.state === 'processing' && nowAt < before.leaseUntil) return refused('the key is processing')
  const kept = answer !== undefined && { answer }
  return outcome === 'executed'
    ? write({ ...written, state: 'succeeded', ...kept })
    : write({ ...written, state: 'failed', why: 'concluded', ...kept })
}

/** Whether a key may be executed again after its claim came to nothing. */
export function mayRunAgain(record: KeyRecord, resumable: boolean, nowAt: number): boolean {
  if (record.state === 'processing') return resumable && record.resumable && nowAt >= record.leaseUntil
  if (record.state === 'unknown') return resumable && record.resumable && record.answer === undefined
  return false
}

function withoutBody(answer: StoredAnswer): StoredAnswer {
  return { ...answer, body: '', form: 'left-out' }
}

function write(record: KeyRecord | undefined): Change {
  return { kind: 'write', record }
}

function refused(reason: string): Change {
  return { kind: 'refused', reason }
}
