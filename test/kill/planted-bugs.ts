import type { PlantedBug as Planted } from '../simulation/planted-bugs.ts'
import type { Violation } from './checker.ts'

export type PlantedBug = Planted & { readonly breaks: Violation['kind'] }

/** Bugs that the kills must find, planted in the source that the killed processes load. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'a byte before the write',
    breaks: 'lost',
    // Later, not only unawaited: a write that has begun is often in the file before the byte is on the wire.
    changes: [
      {
        right: '(await host.writeAhead())',
        wrong: '(void setTimeout(() => host.writeAhead(), 500), undefined)',
      },
    ],
  },
  {
    name: 'a key for every attempt',
    breaks: 'doubled',
    changes: [
      {
        right: 'keyHeaderValue(record.key, format)',
        wrong: 'keyHeaderValue(`${record.key}-${record.attempts}`, format)',
      },
    ],
  },
  {
    name: 'a resume that skips what a dead process left',
    breaks: 'stuck',
    changes: [
      {
        right: "if (await isBusyElsewhere(core, record)) return skipped('another runner is working on it')",
        wrong: "if (record.lease !== undefined) return skipped('another runner is working on it')",
      },
    ],
  },
]
