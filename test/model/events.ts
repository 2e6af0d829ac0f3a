import type { Answer, Evidence } from '../../src/core/answers/evidence.ts'
import type { Asked, ObservedSend, RunEvent } from '../../src/core/run/run-events.ts'
import { answer, htmlPage, json } from '../core/samples.ts'
import type { AnswerName, Told } from './world.ts'

/* The events of a run, as the performer would make them. */

const ANSWERS: Readonly<Record<AnswerName, Answer>> = {
  '200': answer(200, json({ order: 9 })),
  '202': answer(202, json({ status: 'processing' })),
  '307': answer(307, json({}), { location: '/elsewhere' }),
  '401': answer(401, json({ message: 'who are you?' })),
  '404': answer(404, json({ message: 'no' })),
  '429': answer(429, json({ message: 'busy' })),
  '500': answer(500, json({ message: 'broken' })),
  cut: answer(200, { kind: 'cut', text: '{"ord', why: 'connection' }),
  page: answer(200, htmlPage, { 'content-type': 'text/html' }),
}

const GIVEN_UP: Evidence = { kind: 'failure', sent: 'maybe', cause: { name: 'TimeoutError' } }
const RESET: Evidence = { kind: 'failure', sent: 'maybe', cause: { name: 'Error', code: 'ECONNRESET' } }
const UNREACHABLE: Evidence = { kind: 'failure', sent: 'no', cause: { name: 'Error', code: 'ECONNREFUSED' } }

const EVIDENCE = { ...ANSWERS, 'given up': GIVEN_UP, reset: RESET, unreachable: UNREACHABLE }

export type EvidenceName = keyof typeof EVIDENCE

/** `pollUrl`: where a 202 says to ask; `foreign`: what left beside the gate meanwhile. */
export function observed(name: EvidenceName, pollUrl?: string, foreign = 0): ObservedSend {
  return {
    type: 'observed',
    evidence: EVIDENCE[name],
    foreignHeads: foreign,
    context: { sameBytes: true, conditional: false, unseenCopies: false, acceptsHtml: false },
    isDeliveredOnce: true,
    wantsText: false,
    hook: undefined,
    mistake: undefined,
    poll: name === '202' && pollUrl !== undefined ? { url: pollUrl, isMonitor: false } : undefined,
    ownMonitor: undefined,
    resourceUrl: undefined,
    foreign: undefined,
    retryAfterMs: undefined,
    serverOffsetMs: undefined,
  }
}

export function lateAnswer(name: AnswerName, key: string, generation: number, pollUrl?: string): RunEvent {
  return { type: 'late-answer', observed: observed(name, pollUrl), answer: ANSWERS[name], key, generation }
}

/** `undefined`: nothing came back. */
export function asked(told: Told | undefined, askedMs: number): Asked {
  const nothing = { failure: undefined, resultUrl: undefined, read: undefined, mistake: undefined }
  const common = {
    type: 'asked' as const,
    time: { madeMs: askedMs, leastAgeMs: 0 },
    retryAfterMs: undefined,
    result: undefined,
    ...nothing,
  }
  switch (told) {
    case undefined:
      return { ...common, answer: undefined, reading: { kind: 'inconclusive', reason: 'no answer' } }
    case 'executed':
      return {
        ...common,
        answer: ANSWERS['200'],
        reading: { kind: 'executed', data: {}, form: 'data' },
        result: { form: 'data', text: '{}', replayed: true },
      }
    case 'processing':
      return { ...common, answer: ANSWERS['202'], reading: { kind: 'processing' } }
    case 'absent':
      return { ...common, answer: answer(404), reading: { kind: 'absent' } }
    default:
      return told satisfies never
  }
}
