import type { Evidence } from '../core/answers/evidence.ts'
import type { OperationRecord } from '../core/record/operation-record.ts'
import type { End } from '../core/run/end.ts'
import type { Command } from '../core/run/run-commands.ts'
import type { RunEvent } from '../core/run/run-events.ts'
import type { StoreFault } from '../core/run/store-look.ts'

/* The steps of a run as readable text, which never contains a body, a header or a credential. */

/** What happened to a run. */
export function textOfEvent(event: RunEvent): string {
  switch (event.type) {
    case 'begun':
    case 'mistaken':
    case 'nudged':
    case 'due':
    case 'overdue':
    case 'compared':
      return event.type
    case 'stop':
      return `stop: ${event.request}`
    case 'read':
      return `read: ${textOfRecord(event.heard.stored)}`
    case 'written':
      return `written: ${textOfRecord(event.record)}`
    case 'lost':
      return `lost to: ${textOfRecord(event.heard.stored)}`
    case 'unread':
    case 'unwritten':
      return `${event.type}: ${textOfFault(event.fault)}`
    case 'keyed':
      return `keyed: ${event.key}`
    case 'at-gate':
      return `at-gate: send ${event.send}`
    case 'at-byte':
      return `at-byte: send ${event.send}${event.hop ? ', a redirect' : ''}`
    case 'observed':
      return `observed: ${textOfEvidence(event.evidence)}`
    case 'late-answer':
      return `late-answer: ${event.answer.status}, generation ${event.generation}`
    case 'carried':
    case 'landed':
      return event.failure === undefined ? event.type : `${event.type}: the http layer threw`
    case 'asked':
      return `asked: ${event.reading.kind}, ${event.answer?.status ?? 'no answer'}`
    case 'failed':
      return `failed: ${event.mistake?.message ?? 'an error'}`
    default:
      return event satisfies never
  }
}

/** What a run requested. */
export function textOfCommand(command: Command): string {
  switch (command.do) {
    case 'write':
      return `write ${textOfRecord(command.record)}`
    case 'make-key':
      return `make-key of generation ${command.generation}`
    case 'wait-for-other':
    case 'rest':
    case 'wait-online':
      return `${command.do} ${Math.round(command.delayMs)} ms`
    case 'fly':
      return `fly ${command.as}`
    case 'ask':
      return `ask ${command.at}`
    case 'written-ahead':
    case 'pass':
      return `${command.do} send ${command.send}`
    case 'refuse':
      return `refuse send ${command.send}: ${command.reason}`
    case 'cut':
      return `cut by ${command.by}`
    case 'tell':
      return `tell ${command.event.type}`
    case 'show':
      return `show ${command.phase}`
    case 'end':
      return `end: ${textOfEnd(command.end)}`
    case 'read':
    case 'compare-bytes':
    case 'wake':
    case 'restart-timer':
    case 'land':
    case 'date-key':
    case 'budget':
      return command.do
    default:
      return command satisfies never
  }
}

function textOfRecord(record: OperationRecord | undefined): string {
  if (record === undefined) return 'nothing'
  const { state, generation } = record
  const flight = 'inFlight' in record && record.inFlight !== undefined ? ', in flight' : ''
  return `${state}, generation ${generation}${flight}`
}

function textOfFault({ reason, isUnread }: StoreFault): string {
  return isUnread ? `${reason}; it may be there` : reason
}

function textOfEvidence(evidence: Evidence): string {
  switch (evidence.kind) {
    case 'refusal':
      return `refused, ${evidence.reason}`
    case 'failure':
      return `${evidence.cause.code ?? evidence.cause.name}, sent: ${evidence.sent}`
    case 'answer':
      return evidence.body.kind === 'cut' ? `${evidence.status}, cut` : String(evidence.status)
    default:
      return evidence satisfies never
  }
}

function textOfEnd(end: End): string {
  switch (end.kind) {
    case 'executed':
      return end.replayed ? 'executed, replayed' : 'executed'
    case 'failed':
      return 'failed'
    case 'stopped':
      return `stopped, ${end.code}, ${end.outcome}`
    default:
      return end satisfies never
  }
}
