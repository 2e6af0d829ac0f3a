/* What both entries, `stillonce` and `stillonce/core`, export beside their own createClient. */
export type { Client } from './client.ts'
export { keyPath } from './core/key-path.ts'
export type { Outcome } from './core/outcome.ts'
export type { AnswerWords, Meaning, Profile, Rule, StatusWords } from './core/profile.ts'
export type { VerdictName } from './core/verdict.ts'
export type {
  CancelAnswer,
  Conflict,
  ConflictAnswer,
  OperationDefinition,
  StatusAnswer,
} from './definition.ts'
export type { AskContext, AskSpec, KeyContext, VerdictEvidence } from './engine/plan.ts'
export type { ListenerPlace } from './engine/listeners.ts'
export type { RequestSpec } from './engine/payload.ts'
export type { ErrorCode, ProblemDetails, ServerResponse } from './errors.ts'
export { OperationError, isOperationError } from './errors.ts'
export type { OperationEvent, OperationEventListener } from './events.ts'
export type { Run } from './handle.ts'
export type { CallOptions, Operation } from './operation.ts'
export type { ClientOptions, SharedOptions } from './options.ts'
export type { PendingOperation, Resumed } from './pending.ts'
export { azure } from './profiles/azure.ts'
export type { ProfileInput } from './profiles/define-profile.ts'
export { defineProfile } from './profiles/define-profile.ts'
export { gocardless } from './profiles/gocardless.ts'
export { ietf } from './profiles/ietf.ts'
export { noKeys } from './profiles/no-keys.ts'
export { stillonce } from './profiles/stillonce.ts'
export { stripe } from './profiles/stripe.ts'
export type {
  Conclusion,
  ConclusionOptions,
  ForgetOptions,
  RecordOperations,
  ResumeOptions,
} from './record-operations.ts'
export type { Settled } from './result.ts'
export type { Snapshot } from './snapshot.ts'
export type { StandardSchema } from './standard-schema.ts'
export type { ListedRecord, RecordStore, SetOptions, StoredRecord } from './store.ts'
export type { MemoryStoreOptions } from './stores/memory.ts'
export { memoryStore } from './stores/memory.ts'
export type { Fetch, Transport, TransportRequest } from './transports/transport.ts'
export type { WhichGeneration } from './which-generation.ts'
