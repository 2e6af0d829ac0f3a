import type { Complete } from './complete.ts'
import type { PendingRecord, RecordIdentity, StoredRequest } from './operation-record.ts'

/** What a new generation starts from. */
export type Seed = RecordIdentity & { readonly at: number; readonly request?: StoredRequest | undefined }

/**
 * A generation that has sent nothing yet. It is stored by its first attempt, or by a conclusion from outside. With each of
 * its fields by name, those that come later too: objects that all have the same fields are copied several times faster.
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
