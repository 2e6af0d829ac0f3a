import type { Complete } from './complete.ts'
import type { PendingRecord, RecordIdentity, StoredRequest } from './operation-record.ts'

/** The values from which a new generation starts. */
export type Seed = RecordIdentity & { readonly at: number; readonly request?: StoredRequest | undefined }

/**
 * A generation that has sent nothing yet. Its first attempt stores it, or a conclusion from outside. All fields are
 * named, those that come later included, because objects that all have the same fields are copied several times faster.
 */
export function newRecord(seed: Seed): Complete<PendingRecord> {
  const { at } = seed
  return {
    v: seed.v,
    scope: seed.scope,
    name: seed.name,
    id: seed.id,
    generation: seed.generation,
    key: seed.key,
    line: seed.line,
    fingerprint: seed.fingerprint,
    bodyHash: seed.bodyHash,
    target: seed.target,
    request: seed.request,
    state: 'pending',
    createdAt: at,
    firstSentAt: undefined,
    firstSentServerAt: undefined,
    keyRetentionMs: undefined,
    updatedAt: at,
    highestSeenAt: at,
    serverOffsetMs: undefined,
    attempts: 0,
    sent: 0,
    ambiguous: 0,
    writer: NOBODY,
    lease: undefined,
    inFlight: undefined,
    statusUrl: undefined,
    statusIsMonitor: undefined,
  }
}

const NOBODY = { runner: '', write: 0 } as const
