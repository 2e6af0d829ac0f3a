import { PLANTED_BUGS } from '../simulation/planted-bugs.ts'
import type { PlantedBug } from '../simulation/planted-bugs.ts'
import { PLANTED_EDGE_BUGS } from '../simulation/planted-edge-bugs.ts'
import { SUBTLE_FAULTS } from '../simulation/subtle-faults.ts'
import type { Setting } from './setting.ts'

/** A bug that the walk finds: where, and which promise it breaks there. */
export type ModelBug = Pick<PlantedBug, 'name' | 'changes'> & Sought

type Sought = { readonly where: Partial<Setting>; readonly breaks: string }

const ALONE: Partial<Setting> = { modes: ['run'] }
const ALONE_TWICE: Partial<Setting> = { modes: ['run'], faults: 2 }
const ALONE_THRICE: Partial<Setting> = { modes: ['run'], faults: 3, sends: 1, asks: 0, rests: 0 }

/** The client's bugs that the simulation finds. */
export const CLIENT_BUGS: readonly PlantedBug[] = [
  ...PLANTED_BUGS,
  ...PLANTED_EDGE_BUGS,
  ...SUBTLE_FAULTS.filter(({ changes }) => changes.some(({ right }) => right !== '')),
]

/** Those of them that the walk finds as they are. */
export const FOUND_TOO: Readonly<Record<string, Sought>> = {
  'a key rotated on 401': { where: ALONE_TWICE, breaks: 'a new key only on proof' },
  'a 404 after an ambiguous attempt taken for proof': { where: ALONE, breaks: 'a new key only on proof' },
  '429 taken for proof': { where: ALONE_TWICE, breaks: 'a new key only on proof' },
  'a 5xx taken for a refusal': { where: ALONE, breaks: 'a new key only on proof' },
  "a gateway's page taken for a success": { where: ALONE, breaks: 'executed is true' },
  'a cut body taken for a failure': {
    where: { ...ALONE, keys: false },
    breaks: 'a proof is never taken back',
  },
  '202 taken for success': { where: ALONE, breaks: 'executed is true' },
  'a timeout taken for not executed': { where: { ...ALONE, keys: false }, breaks: 'executed at most once' },
  'absence taken for proof': {
    where: { ...ALONE, keys: false, status: 'status' },
    breaks: 'executed at most once',
  },
  'absence after the server was at work taken for proof': {
    where: { ...ALONE_TWICE, keys: false, status: 'absence' },
    breaks: 'executed at most once',
  },
  'absence that proves also for the attempts of a runner that vanished': {
    where: { ...ALONE_TWICE, status: 'absence' },
    breaks: 'not executed while it may be executed yet',
  },
  'a re-send without an honoured key': { where: { ...ALONE, keys: false }, breaks: 'executed at most once' },
  'a byte before the write': { where: ALONE, breaks: 'written ahead' },
  'a gate that looks only before it writes': { where: ALONE, breaks: 'nothing is sent unasked' },
  'another user not noticed': { where: ALONE, breaks: 'nothing is sent unasked' },
  'a key used under another account': { where: ALONE, breaks: 'nothing is sent unasked' },
  'an attempt in flight forgotten by the one who takes over': {
    where: { keys: false },
    breaks: 'executed at most once',
  },
  'an attempt in flight counted as not sent': {
    where: { keys: false, faults: 2 },
    breaks: 'not executed is true',
  },
  'what was doubtful forgotten at the release': { where: { keys: false }, breaks: 'executed at most once' },
  'another generation begun by a run whose own was forgotten': {
    where: {},
    breaks: 'a call begins one generation',
  },
  'a claim that forgets which generation it took up': {
    where: { faults: 2, asks: 0, rests: 0 },
    breaks: 'a call begins one generation',
  },
  'a success dropped when the store fails': { where: ALONE_TWICE, breaks: 'a proof is never taken back' },
  'a proof that comes late thrown away': { where: ALONE, breaks: 'a proof is never taken back' },
  'a success merged into another generation': { where: {}, breaks: 'executed is true' },
  'a look at the store that never grows old': {
    where: { faults: 2 },
    breaks: 'not executed while it may be executed yet',
  },
  '"not executed" said by a look of a while ago': {
    where: { faults: 2 },
    breaks: 'not executed while it may be executed yet',
  },
  'a stored request kept after "not executed" was told': {
    where: { ...ALONE, persist: 'request' },
    breaks: 'not executed while a resume would send it',
  },
  'a result that is remembered once it is too old': { where: {}, breaks: 'a result is kept for its time' },
  'the result of another payload given by a last look': {
    where: { payloads: 'others', faults: 2 },
    breaks: 'one payload',
  },
}

function bug(
  name: string,
  where: Partial<Setting>,
  breaks: string,
  ...changes: readonly (readonly [right: string, wrong: string])[]
): ModelBug {
  return { name, where, breaks, changes: changes.map(([right, wrong]) => ({ right, wrong })) }
}

/** Bugs of the machine alone. Where the simulation plants the same in the performer or the journal, the name says so. */
const OWN: readonly ModelBug[] = [
  bug(
    'a lease that nobody looks at, in the core',
    { keys: false },
    'executed at most once',
    ['if (!gate.holds) return', 'if (false as boolean) return'],
    ['return lease === undefined ||', 'return true || lease === undefined ||'],
    [
      "case 'lost':\n      return aheadLost(knows, flight, stage, now, policy)",
      "case 'lost':\n      return aheadWritten(knows, flight, stage, { ...event, type: 'written', record: event.heard.stored! }, now, policy)",
    ],
  ),
  bug(
    'a store that cannot be read taken for an empty one, by the machine',
    { modes: ['run', 'ask'], status: 'status' },
    'not executed is true',
    [
      "if (event.type === 'unread') return storeFailed(knows, event.fault, now, policy)",
      "if (event.type === 'unread') return found(knows, does, { type: 'read', heard: { stored: undefined, since: { nowAt: now.wallAt, monotonicMs: now.ms } } }, now, policy)",
    ],
  ),
  bug('a success told before it is stored, by the machine', ALONE, 'a proof is kept', [
    "follow(knows, { decision: 'keep', after: { decision: 'flown', came } })",
    "follow(knows, { decision: 'flown', came })",
  ]),
  bug(
    'what asking brought told before it is stored, by the machine',
    { ...ALONE, keys: false, status: 'status' },
    'a proof is kept',
    [
      "follow(knows, { decision: 'keep', after: { decision: 'asked' } })",
      "follow(knows, { decision: 'asked' })",
    ],
  ),
  bug('a key that never grows old', ALONE_TWICE, 'no stale key', [
    'if (Math.max(nowAt, highestSeenAt) < firstSentAt + lifeMs) {',
    'if (Math.max(nowAt, highestSeenAt) > 0) {\n    if (nowAt > 0) return undefined',
  ]),
  bug('another payload not noticed', { payloads: 'others' }, 'one payload', [
    'if (isOfAnotherPayload(record, seeker.fingerprint)) return ofAnotherPayload(record, seeker.target)',
    '',
  ]),
  bug('a proof that a stop forgets', ALONE, 'a proof is never taken back', [
    "const isBetter = isProven(knows) && end.kind === 'stopped' && end.outcome !== 'executed'",
    'const isBetter = false as boolean',
  ]),
  bug(
    '"not executed" said while another holds it',
    { keys: false, faults: 2 },
    'not executed while another holds it',
    ['isHeld: isHeldElsewhere(knows, now, runner),', 'isHeld: (runner as string | undefined) === undefined,'],
  ),
  bug(
    'a stored request forgotten that a write left unseen',
    { ...ALONE, persist: 'request' },
    'not executed while a resume would send it',
    ["(fault.isUnread && policy.persist === 'request')", '(false as boolean)'],
  ),
  bug(
    'what was enqueued meanwhile dropped by a call that is told "not executed"',
    { ...ALONE_TWICE, persist: 'request' },
    'what is enqueued is sent',
    ['isKept: isQueued(knows.record),', 'isKept: false,'],
  ),
  bug(
    'a try without an honoured key while the device says that it is offline',
    { ...ALONE, keys: false },
    'offline is waited for',
    [
      "whereOnline(knows, now, policy.honoursKeys ? 'safe' : 'in-doubt', leaving =>",
      "whereOnline(knows, now, 'safe', leaving =>",
    ],
  ),
  // What the walk found in the machine as it was first written.
  bug('the write of another send forgotten by one that is refused', ALONE_TWICE, 'no state that cannot be', [
    "flight.stage.name === 'writing-ahead' ? flight.stage : WITH_HOOKS\n  return first(doubts, refused",
    "flight.stage.name === 'writing-ahead' ? WITH_HOOKS : WITH_HOOKS\n  return first(doubts, refused",
  ]),
  bug(
    'what was sent under an earlier key taken for evidence of the next one',
    { faults: 2, asks: 0, rests: 0 },
    'a new key only on proof',
    ['if (record.key !== flight.key) {', 'if (false as boolean) {'],
  ),
  bug(
    '"not executed" said where the next generation was dropped',
    { faults: 2, asks: 0, rests: 0 },
    'not executed is true',
    [
      'const isNext = stored !== undefined && stored.generation > (before.record?.generation ?? 0)',
      'const isNext = false as boolean',
    ],
  ),
  bug('a refusal that stands although a hook sent more', ALONE_TWICE, 'a new key only on proof', [
    "const refusal = before.record.state === 'failed' ? last : undefined",
    'const refusal = undefined as typeof last',
  ]),
  bug('what a hook sent of a cancelled operation forgotten', ALONE_TWICE, 'not executed is true', [
    'hasLeftBeside: knows.hasLeftBehind,',
    'hasLeftBeside: false,',
  ]),
  bug(
    'what a hook sent while a write was under way forgotten',
    ALONE_THRICE,
    'not executed while it may be executed yet',
    [
      'leased(doubted(stored, flight, foreignHeads, now, policy), leasing, policy)',
      'leased(doubted(stored, flight, 0 * foreignHeads, now, policy), leasing, policy)',
    ],
  ),
  bug('a key that a hook sent dated by when that was told', ALONE_THRICE, 'no stale key', [
    "{ kind: 'suspect', at: sinceAt }",
    "{ kind: 'suspect', at: sinceAt - sinceAt + now.wallAt }",
  ]),
  bug(
    'other bytes sent to a server that compares them',
    { faults: 2, asks: 0, rests: 0 },
    'the same bytes under a key',
    ["if (record.sent > 0 && gate.hasOtherBytes) return 'other-target'", ''],
    ['if (record.sent > 0 && policy.unfit !== undefined) return false', ''],
  ),
]

export const MODEL_BUGS: readonly ModelBug[] = [
  ...CLIENT_BUGS.flatMap(({ name, changes }) => {
    const sought = FOUND_TOO[name]
    return sought === undefined ? [] : [{ name, changes, ...sought }]
  }),
  ...OWN,
]

/** Those of the client's bugs that the walk cannot find, and why. */
export const NOT_EXPRESSED: Readonly<Record<string, readonly string[]>> = {
  'they are in what the model has in the place of the http layer and the gate': [
    'a key for every attempt',
    'a redirect to another origin followed',
    'a redirect that is followed whoever is logged in',
    'an ask that a cache may answer',
    'an ask that does not look at the account once hooks have run',
    "the error of a runtime's second try taken for that of the first",
  ],
  'they are in what the model has in the place of the performer and the journal': [
    'a stale runner that writes',
    "another's write adopted after a failed one",
    'a lease that nobody looks at',
    'a store that cannot be read taken for an empty one',
    'a success told before it is stored',
    'what asking brought told before it is stored',
  ],
  'they are in what stands around a run: its callers, its watchdog, the operator': [
    'a joining caller with another payload',
    'a seal of a forgotten key',
    'an open record dropped without force',
    'an abort that says "not executed" although other callers go on',
    'an abort of one caller that stops all',
    'an abort told before its run has let go',
    'a resume that sends unasked',
    'a deadline three times as long',
    'a store that does not come back waited for',
    "a clear of everybody's records",
    'an unproven conflict told as proven',
    'the own change that stood in the way forgotten',
    'a text that does not find the number it spells',
    "a word on one key taken for another's",
    'what a cancel heard kept to itself',
    'a listener that throws ends the process',
    'a promise taken for what a callback gives',
    'a URL read as only new browsers read it',
  ],
  'they need answers of other kinds than the few that the model has': [
    'a seal taken for granted',
    'a not-found from a status query taken for a failure',
    'an unknown word taken for the end',
    'a status that stands for nothing taken for a refusal',
    "a page that refuses taken for the server's word",
    'the refusal of a second delivery taken for the first',
    'a 412 to a precondition of its own taken for proof',
    'a 410 after an ambiguous attempt taken for proof',
    'half an answer that a hook was to judge taken for a success',
    'half a refusal taken for a whole one',
    'a refusal with a type of its own sent again and again',
    'a hook that hides that the server was at work',
  ],
  'they need a server that tells its time, or a client whose profile changes': [
    'one wrong Date believed',
    'an age taken across clocks',
    'a retention that is raised for keys of before',
    'a clock that was set back while the machine slept hidden by one that stood still',
    'a key used at once of which the last answer says that it is old',
    'a key used under another profile',
  ],
  'they need more than two faults, or times that the model does not tell apart': [
    'the age of a key counted from its last send',
    'a horizon without its margin',
    'absence of a forgotten key taken for proof',
    'what came too late and said that it is at work not heard',
  ],
  'they break no promise that the model knows: results, events and speed are not in it': [
    'a result that is not merged into a success stored without one',
    'a result that is lost where a success is merged',
    'a status request told as a poll',
    'a lease that is renewed only while it need not be',
  ],
}
