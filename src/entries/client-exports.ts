/* The exports that the entries `stillonce` and `stillonce/core` share. Each adds its own createClient. */
export type { Client } from '../client/client.ts'
export { keyPath } from '../core/names/key-path.ts'
export type { Outcome } from '../core/record/outcome.ts'
export type {
  AnswerWords,
  KeyPlace,
  KeyRules,
  Meaning,
  Profile,
  ReplayMark,
  Retention,
  Rule,
  StatusWords,
} from '../core/answers/profile.ts'
export type { VerdictName } from '../core/answers/verdict.ts'
export type { Conflict, ConflictAnswer, OperationDefinition } from '../client/definition.ts'
export type {
  AskContext,
  AskSpec,
  CancelAnswer,
  KeyContext,
  StatusAnswer,
  VerdictEvidence,
} from '../engine/plan.ts'
export type { ListenerPlace } from '../guards/listeners.ts'
export type { RequestSpec } from '../engine/request/request-spec.ts'
export type { ErrorCode, ProblemDetails, Reason, ServerResponse } from '../public/errors.ts'
export { OperationError, isOperationError } from '../public/errors.ts'
export { operationErrorOf } from '../public/operation-error-of.ts'
export type { OperationEvent, OperationEventListener } from '../public/event-listener.ts'
export type { RunTrace, RunTracer, TracedRun } from '../public/run-trace.ts'
export type { Description } from '../client/describe.ts'
export { describe } from '../client/describe.ts'
export type { Remedy } from '../core/run/page-remedies.ts'
export type { Run } from '../client/join-run.ts'
export type { CallOptions, Operation } from '../client/operation.ts'
export type { FetchOptions, GuardedFetch } from '../client/sdk/fetch-options.ts'
export type { SdkRequest } from '../client/sdk/sdk-request.ts'
export type { ClientOptions, SharedOptions } from '../client/options.ts'
export type { PendingOperation, Resumed } from '../client/stored/pending.ts'
export { azure } from '../profiles/azure.ts'
export { defineProfile } from '../profiles/define-profile.ts'
export type { ProfileInput } from '../profiles/made-profile.ts'
export { gocardless } from '../profiles/gocardless.ts'
export { ietf } from '../profiles/ietf.ts'
export { noKeys } from '../profiles/no-keys.ts'
export { stillonce } from '../profiles/stillonce.ts'
export { stripe } from '../profiles/stripe.ts'
export type {
  Conclusion,
  ConclusionOptions,
  ForgetOptions,
  ResumeOptions,
  WhoseOptions,
} from '../client/stored/call-arguments.ts'
export type { RecordOperations } from '../client/stored/stored-operation.ts'
export type { WatchListener } from '../client/stored/watching.ts'
export type { Settled } from '../client/settled.ts'
export type { SettledResponse } from '../client/settled-response.ts'
export type { Snapshot } from '../client/snapshot.ts'
export type { StandardSchema } from '../public/standard-schema.ts'
export type { ListedRecord, RecordStore, SetOptions, StoredRecord } from '../public/store.ts'
export type { KeyValueStorage } from '../stores/key-value/storage.ts'
export type { KeyValueStoreOptions } from '../stores/key-value/key-value-store.ts'
export { keyValueStore } from '../stores/key-value/key-value-store.ts'
export type { MemoryStoreOptions } from '../stores/memory/memory-store.ts'
export { memoryStore } from '../stores/memory/memory-store.ts'
export type { Fetch, Transport, TransportRequest } from '../public/transport.ts'
export type { WhichGeneration } from '../core/stored/which-generation.ts'
