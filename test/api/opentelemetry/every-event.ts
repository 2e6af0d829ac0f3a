import type { OpenTelemetry } from '../../../src/opentelemetry/open-telemetry.ts'
import type { OperationEvent } from '../../../src/public/event-listener.ts'
import type { KeyNotice } from '../../../src/server/events.ts'

/** Each event once, by the type of which each is made. */
const EVENTS: Readonly<Record<OperationEvent['type'], object>> = {
  claimed: { generation: 1 },
  joined: {},
  attempt: { attempt: 1, generation: 1 },
  answer: { attempt: 1, status: 201, verdict: 'succeeded', reason: '201', durationMs: 12 },
  waiting: { delayMs: 5, reason: '' },
  poll: { reading: 'executed', status: 200, durationMs: 5 },
  query: { reading: 'absent', status: 404, durationMs: 5 },
  settled: { outcome: 'unknown', code: 'unresolved', reason: 'unreachable', replayed: true, durationMs: 20 },
  'taken-over': { from: 'another' },
  'claim-lost': {},
  'late-success': { generation: 1, currentKey: 'k2', currentGeneration: 2 },
  'store-failed': { doing: 'read', cause: undefined },
  'bytes-changed': {},
  'fact-dropped': {},
}

const NOTICES: Readonly<Record<KeyNotice['type'], number | undefined>> = {
  claimed: undefined,
  'taken-over': undefined,
  completed: 12,
  released: 12,
  replayed: undefined,
  'in-progress': undefined,
  'payload-mismatch': undefined,
  'outcome-unknown': undefined,
  fenced: 12,
  'late-success': 12,
  sealed: undefined,
  concluded: undefined,
  'too-many-open': undefined,
  'store-failed': undefined,
  dropped: undefined,
  mended: undefined,
}

/** All that a client and a server may tell, once. */
export function emitEveryEvent(telemetry: OpenTelemetry): void {
  const about = { name: 'charge', operationId: 'in_7', scope: 'billing', key: 'k', at: 0 }
  for (const [type, fields] of Object.entries(EVENTS))
    telemetry.client.onEvent({ ...about, type, ...fields } as OperationEvent)
  for (const [type, durationMs] of Object.entries(NOTICES))
    telemetry.server.onEvent({
      type: type as KeyNotice['type'],
      scope: 'billing',
      key: 'k',
      at: 0,
      durationMs,
    })
}
