import { bug, livingIn } from './planted-bugs.ts'
import type { PlantedBug } from './planted-bugs.ts'

/* What may go wrong between a transaction that writes an operation down and the worker that sends it. */

const BUGS: readonly PlantedBug[] = [
  bug(
    'an operation enqueued outside of its transaction',
    [
      'openJournal(quiet, storeWithin(engine.store, records), about)',
      'openJournal(quiet, engine.store, about)',
    ],
    { breaks: 'what was rolled back never was' },
  ),
  bug(
    'another payload enqueued under the key of the first',
    [
      "if (isOfAnotherPayload(record, facts.fingerprint)) return { kind: 'refuse', record, why: OTHER_PAYLOAD }\n",
      '',
    ],
    { breaks: 'one payload' },
  ),
  bug(
    'the request of what is enqueued given up by a run that ends',
    ["drops: isOver ? 'request' : undefined", "drops: end.kind === 'stopped' ? 'request' : undefined"],
    { breaks: 'what is enqueued is kept' },
  ),
  bug('what is enqueued said to be not executed', ['isKept: isQueued(knows.record),', 'isKept: false,'], {
    breaks: 'what is enqueued is not taken back',
  }),
  bug(
    'what is enqueued taken for too old to be sent',
    ['record.request.isQueued === true || isValidStill(record, validity)', 'isValidStill(record, validity)'],
    { breaks: 'what is enqueued is sent' },
  ),
]

export const PLANTED_OUTBOX_BUGS = BUGS.map(livingIn('outbox'))

/* The same before stillonce/server, which forgets keys: what an enqueue makes of an operation that is open. */
const OVER_WHAT_IS_OPEN: readonly PlantedBug[] = [
  bug(
    'an enqueue that makes an old key look young',
    [
      '    request: { ...kept, isQueued: true as const },\n',
      '    request: { ...kept, isQueued: true as const },\n    firstSentAt: undefined,\n',
    ],
    { breaks: 'no stale key' },
  ),
  bug(
    'an enqueue that begins anew over what is in doubt',
    [
      "if (record === undefined || record.state === 'failed')",
      "if (record === undefined || record.state === 'failed' || isOpen(record))",
    ],
    [
      "(stored.state === 'failed' && next.generation > stored.generation)",
      'next.generation > stored.generation',
    ],
    { breaks: 'only proof rotates a key' },
  ),
  bug(
    'an enqueue that forgets what is under way',
    [
      '    request: { ...kept, isQueued: true as const },\n',
      '    request: { ...kept, isQueued: true as const },\n    inFlight: undefined,\n',
    ],
    { breaks: 'no doubt is forgotten' },
  ),
  bug(
    'what a worker left behind in doubt taken for not sent',
    [
      'return { ...abandoned(seen), lease: event.lease }',
      'return { ...seen, inFlight: undefined, lease: event.lease }',
    ],
    { breaks: 'no doubt is forgotten' },
  ),
]

export const PLANTED_SERVER_OUTBOX_BUGS = OVER_WHAT_IS_OPEN.map(livingIn('outbox'))
