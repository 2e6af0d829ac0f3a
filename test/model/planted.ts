import type { PlantedBug } from '../simulation/planted-bugs.ts'
import type { Setting } from './setting.ts'

/** A bug that the walk must find: where, and which promise it breaks. */
export type ModelBug = PlantedBug & { readonly where: Partial<Setting>; readonly breaks: string }

const ALONE: Partial<Setting> = { modes: ['run'] }
const ALONE_TWICE: Partial<Setting> = { modes: ['run'], faults: 2 }

function bug(
  name: string,
  where: Partial<Setting>,
  breaks: string,
  ...changes: readonly (readonly [right: string, wrong: string])[]
): ModelBug {
  return { name, where, breaks, changes: changes.map(([right, wrong]) => ({ right, wrong })) }
}

/*
 * Bugs in the core, each found as a shortest history. Those whose name the simulation has too (test/simulation/
 * planted-bugs.ts) are the same bugs.
 */
export const MODEL_BUGS: readonly ModelBug[] = [
  // What answers and silence prove.
  bug('a 404 after an ambiguous attempt taken for proof', ALONE, 'a new key only on proof', [
    '(stored || !context.ambiguousBefore) && isOfAll',
    '(stored || !context.ambiguousBefore || answer.status === 400) && isOfAll',
  ]),
  bug(
    '429 taken for proof',
    ALONE_TWICE,
    'a new key only on proof',
    [
      "return { kind: 'try-again', conclusive: false, doubtful: false, reason: String(status) }",
      "return { ...refused('rejected', answer, context, String(status), undefined), conclusive: true }",
    ],
    ['new Set([401, 403, 407, 408, 421, 425, 429])', 'new Set([401, 403, 407, 408, 421, 425])'],
  ),
  bug('a 5xx taken for a refusal', ALONE, 'a new key only on proof', [
    'if (status >= 500 || status === 408) return',
    'if (status === 408) return',
  ]),
  bug('202 taken for success', ALONE, 'executed is true', [
    "if (status === 202) return { kind: 'processing', sure: true, reason: '202: accepted, not finished' }",
    '',
  ]),
  bug('a timeout taken for not executed', { ...ALONE, keys: false }, 'executed at most once', [
    "return failure.sent === 'no'",
    "return failure.sent === 'no' || failure.cause.name === 'TimeoutError'",
  ]),
  bug('absence taken for proof', { ...ALONE, keys: false, status: 'status' }, 'executed at most once', [
    'if (!isAbsenceProof(record, progress, facts)) return knows',
    '',
  ]),
  bug(
    'absence after the server was at work taken for proof',
    { ...ALONE_TWICE, keys: false, status: 'absence' },
    'executed at most once',
    [
      "if (record.state !== 'pending' || record.inFlight !== undefined || progress.isKnownThere) return false",
      '',
    ],
  ),
  bug(
    'absence that proves also for the attempts of a runner that vanished',
    { ...ALONE_TWICE, status: 'absence' },
    'not executed while it may be executed yet',
    ['return record.ambiguous === ambiguousHere &&', 'return record.ambiguous >= ambiguousHere &&'],
  ),

  // What may be sent.
  bug(
    'a re-send without an honoured key',
    { ...ALONE, keys: false },
    'executed at most once',
    ['return !mayHaveExecuted(record) || policy.honoursKeys', 'return true'],
    ['if (mayHaveExecuted(before) && !', 'if (false && !'],
  ),
  bug('a byte before the write', ALONE, 'written ahead', [
    "{ do: 'restart-timer' },\n    { do: 'write', record: written },",
    "{ do: 'restart-timer' },\n    { do: 'write', record: written },\n    { do: 'written-ahead', send: event.send },",
  ]),
  bug('a gate that looks only before it writes', ALONE, 'nothing is sent unasked', [
    'const reason = refusalNow(knows, flight, isAborted, now, policy)\n  if (reason === undefined) return flying',
    'const reason = hop ? refusalNow(knows, flight, isAborted, now, policy) : undefined\n  if (reason === undefined) return flying',
  ]),
  bug('another user not noticed', ALONE, 'nothing is sent unasked', [
    "if (!gate.isSameScope) return 'scope-changed'",
    '',
  ]),
  bug('a key used under another account', ALONE, 'nothing is sent unasked', [
    'account: now.account,',
    'account: target.account,',
  ]),
  bug('a key that never grows old', ALONE_TWICE, 'no stale key', [
    'if (Math.max(nowAt, highestSeenAt) < firstSentAt + lifeMs) {',
    'if (Math.max(nowAt, highestSeenAt) > 0) {\n    if (nowAt > 0) return undefined',
  ]),
  bug('another payload not noticed', { payloads: 'others' }, 'one payload', [
    'if (isOfAnotherPayload(record, seeker.fingerprint)) return ofAnotherPayload(record, seeker.origin)',
    '',
  ]),

  // Who holds the operation.
  bug(
    'a lease that nobody looks at',
    { keys: false },
    'executed at most once',
    ['if (!gate.holds) return', 'if (false as boolean) return'],
    ['return lease === undefined ||', 'return true || lease === undefined ||'],
    [
      'case \'lost\':\n      return aheadLost(knows, flight, stage, now, policy)',
      'case \'lost\':\n      return aheadWritten(knows, flight, stage, { ...event, type: \'written\', record: event.heard.stored! }, now, policy)',
    ],
  ),
  bug(
    'an attempt in flight forgotten by the one who takes over',
    { keys: false },
    'executed at most once',
    [
      'return { ...abandoned(seen), lease: event.lease }',
      'return { ...seen, inFlight: undefined, lease: event.lease }',
    ],
  ),
  bug('an attempt in flight counted as not sent', { keys: false, faults: 2 }, 'not executed is true', [
    'return record.ambiguous > 0 || record.inFlight !== undefined',
    'return record.ambiguous > 0',
  ]),
  bug('what was doubtful forgotten at the release', { keys: false }, 'executed at most once', [
    'return { ...seen, lease: undefined, request:',
    'return { ...seen, lease: undefined, inFlight: undefined, ambiguous: 0, request:',
  ]),
  bug(
    'another generation begun by a run whose own was forgotten',
    {},
    'a call begins one generation',
    [
      "if (isOwn && code === 'forgotten') return { kind: 'dropped', about: seeker.before, reason }",
      "if (isOwn && code === 'forgotten') return beginning(record, seeker)",
    ],
    ["seen !== undefined && record.state !== 'succeeded' &&", '(false as boolean) && seen !== undefined &&'],
  ),
  bug('a claim that forgets which generation it took up', { faults: 2, asks: 0, rests: 0 }, 'a call begins one generation', [
    'holding: true, begunGeneration: written.generation, recalled: false',
    'holding: true, recalled: false',
  ]),

  // What is proven stays proven, and is kept.
  bug(
    'a success dropped when the store fails',
    ALONE_TWICE,
    'a proof is never taken back',
    ['if (knows.isProven && (next?.state', 'if ((false as boolean) && (next?.state'],
    [
      'if (isReduced) return first([told], follow(before, after))',
      'if (isReduced) return first([told], follow({ ...withRecord(before, before.heard.stored), isProven: false }, after))',
    ],
  ),
  bug('a proof that comes late thrown away', ALONE, 'a proof is never taken back', [
    "if (verdict.kind !== 'succeeded') return stay(state)",
    'if (verdict.kind) return stay(state)',
  ]),
  bug('a proof that a stop forgets', ALONE, 'a proof is never taken back', [
    "const isBetter = knows.isProven && end.kind === 'stopped' && end.outcome !== 'executed'",
    'const isBetter = false as boolean',
  ]),
  bug('a success merged into another generation', {}, 'executed is true', [
    'if (stored.generation !== record.generation || stored.key !== record.key) {',
    'if (false as boolean) {',
  ]),
  bug('a success told before it is stored', ALONE, 'a proof is kept', [
    "follow(knows, { then: 'keep', after: { then: 'flown', came } })",
    "follow(knows, { then: 'flown', came })",
  ]),
  bug(
    'what asking brought told before it is stored',
    { ...ALONE, keys: false, status: 'status' },
    'a proof is kept',
    ["follow(knows, { then: 'keep', after: { then: 'asked' } })", "follow(knows, { then: 'asked' })"],
  ),

  // What may be said.
  bug(
    'a store that cannot be read taken for an empty one',
    { modes: ['run', 'ask'], status: 'status' },
    'not executed is true',
    [
    "if (event.type === 'unread') return storeFailed(knows, event.fault, now, policy)",
    "if (event.type === 'unread') return found(knows, does, { type: 'read', heard: { stored: undefined, since: { nowAt: now.wallAt, monotonicMs: now.ms } } }, now, policy)",
    ],
  ),
  bug('"not executed" said by a look of a while ago', { faults: 2 }, 'not executed while it may be executed yet', [
    'return isSaidLate(knows, end, now) ? lookForOthers(knows, end) : ended',
    'return ended',
  ]),
  bug('"not executed" said while another holds it', { keys: false, faults: 2, sends: 1 }, 'not executed while another holds it', [
    '!isHeldElsewhere(knows, now, runner)',
    '(runner as string | undefined) !== undefined',
  ]),
  bug(
    'a stored request kept after "not executed" was told',
    { ...ALONE, persist: 'request' },
    'not executed while a resume would send it',
    ["drops: isOver ? 'request' : undefined", 'drops: undefined'],
  ),
  bug(
    'a stored request forgotten that a write left unseen',
    { ...ALONE, persist: 'request' },
    'not executed while a resume would send it',
    ["(fault.isUnread && policy.persist === 'request')", '(false as boolean)'],
  ),

  // What was found here.
  bug('the write of another send forgotten by one that is refused', ALONE_TWICE, 'no state that cannot be', [
    "flight.stage.name === 'writing-ahead' ? flight.stage : WITH_HOOKS\n  return refused(withdrawn, { ...flight, stage }",
    "flight.stage.name === 'writing-ahead' ? WITH_HOOKS : WITH_HOOKS\n  return refused(withdrawn, { ...flight, stage }",
  ]),
]
