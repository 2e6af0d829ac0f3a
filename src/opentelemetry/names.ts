/*
 * Stable names, which follow the semantic conventions 1.45 (general/naming.md, general/metrics.md):
 * `stillonce.client.*` and `stillonce.server.*`, seconds for times, `{…}` for counted things, no `total`, and the
 * convention's own name where there is one (`error.type`, `http.response.status_code`). A metric has no id, key or
 * URL as an attribute, because each attribute of a metric may have only a few values.
 */

export const ATTRIBUTES = {
  /** The name of the definition, such as `place-order`. */
  operation: 'stillonce.operation.name',
  /** On spans only. */
  operationId: 'stillonce.operation.id',
  /** On spans only. */
  key: 'stillonce.key',
  mode: 'stillonce.mode',
  outcome: 'stillonce.outcome',
  reason: 'stillonce.reason',
  replayed: 'stillonce.replayed',
  verdict: 'stillonce.verdict',
  ask: 'stillonce.ask',
  reading: 'stillonce.reading',
  doing: 'stillonce.store.doing',
  attempt: 'stillonce.attempt',
  generation: 'stillonce.generation',
  delay: 'stillonce.delay',
  runner: 'stillonce.runner',
  link: 'stillonce.link',
  claim: 'stillonce.claim',
  duplicate: 'stillonce.duplicate',
  end: 'stillonce.end',
  keyState: 'stillonce.key.state',
  errorType: 'error.type',
  status: 'http.response.status_code',
} as const

/** An instrument: its name, its unit and what it measures. */
export type Instrument = { readonly name: string; readonly unit: string; readonly description: string }

export const CLIENT_COUNTERS = {
  operations: {
    name: 'stillonce.client.operations',
    unit: '{operation}',
    description: 'Runs of operations that have ended, by outcome and reason.',
  },
  attempts: {
    name: 'stillonce.client.attempts',
    unit: '{attempt}',
    description: 'Requests that left to perform an operation.',
  },
  polls: {
    name: 'stillonce.client.polls',
    unit: '{poll}',
    description: 'Requests that asked about an operation, by what was answered.',
  },
  replays: {
    name: 'stillonce.client.replays',
    unit: '{replay}',
    description:
      'Ends whose result is no first answer: it was stored, replayed by the server, or found by a status request.',
  },
  joins: {
    name: 'stillonce.client.joins',
    unit: '{call}',
    description: 'Calls that joined a live run of their operation.',
  },
  takeovers: {
    name: 'stillonce.client.takeovers',
    unit: '{takeover}',
    description: 'Operations that were taken over from another process, which died or was too slow.',
  },
  lostClaims: {
    name: 'stillonce.client.lost_claims',
    unit: '{claim}',
    description: 'Operations that another process has taken over from this one.',
  },
  lateSuccesses: {
    name: 'stillonce.client.late_successes',
    unit: '{success}',
    description: 'Successes of an older key after a newer one had begun: the alarm of a possible duplicate.',
  },
  storeFailures: {
    name: 'stillonce.client.store_failures',
    unit: '{failure}',
    description: 'What the store could not do.',
  },
} as const satisfies Readonly<Record<string, Instrument>>

export const CLIENT_TIMES = {
  operation: {
    name: 'stillonce.client.operation.duration',
    unit: 's',
    description: 'How long a run took, from its call to its end.',
  },
  attempt: {
    name: 'stillonce.client.attempt.duration',
    unit: 's',
    description: 'How long an attempt took, from its first byte to what came of it.',
  },
} as const satisfies Readonly<Record<string, Instrument>>

export const SERVER_COUNTERS = {
  claims: {
    name: 'stillonce.server.claims',
    unit: '{claim}',
    description: 'Keys that were claimed, to run their handler.',
  },
  duplicates: {
    name: 'stillonce.server.duplicates',
    unit: '{request}',
    description: 'Requests that came again under their key, by what was answered.',
  },
  refusals: {
    name: 'stillonce.server.refusals',
    unit: '{request}',
    description:
      'Requests that were refused because too many keys of their scope wait for somebody who concludes.',
  },
  lateSuccesses: {
    name: 'stillonce.server.late_successes',
    unit: '{success}',
    description: 'Handlers that succeeded after their key had been settled as not executed.',
  },
  dropped: {
    name: 'stillonce.server.dropped_keys',
    unit: '{key}',
    description: 'Keys that the store dropped before their time: they can be executed again.',
  },
  storeFailures: {
    name: 'stillonce.server.store_failures',
    unit: '{failure}',
    description: 'Requests for which the store could not be read or written.',
  },
} as const satisfies Readonly<Record<string, Instrument>>

export const SERVER_TIME = {
  name: 'stillonce.server.processing.duration',
  unit: 's',
  description: 'How long a run of a handler took, by how it ended.',
} as const satisfies Instrument

export const SERVER_KEYS = {
  name: 'stillonce.server.key.count',
  unit: '{key}',
  description: 'Keys at work, and keys whose outcome nobody knows until somebody concludes them.',
} as const satisfies Instrument

/** Seconds. From an immediate answer to an operation that is polled for ten minutes. */
export const BUCKETS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
]
