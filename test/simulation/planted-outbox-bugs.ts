import { bug, livingIn } from './planted-bugs.ts'
import type { PlantedBug } from './planted-bugs.ts'

/* What may go wrong between a transaction that writes an operation down and the worker that sends it. */

const BUGS: readonly PlantedBug[] = [
  bug(
    'an operation enqueued outside of its transaction',
    [
      'openJournal(engine, storeWithin(engine.store, records), about)',
      'openJournal(engine, engine.store, about)',
    ],
    { breaks: 'what was rolled back never was' },
  ),
  bug(
    'another payload enqueued under the key of the first',
    [
      "if (isOfAnotherPayload(record, fingerprint)) return { kind: 'mismatch', record }\n  return isOpen(record) &&",
      'return isOpen(record) &&',
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
