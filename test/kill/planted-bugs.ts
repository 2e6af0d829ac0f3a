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
        right: "    { do: 'write', record: written },\n",
        wrong:
          "    { do: 'write', record: written, inMs: 500 },\n    { do: 'written-ahead', send: event.send },\n",
      },
      {
        right: 'return this.#write(command.record)',
        wrong: `return command.inMs === undefined
          ? void this.#write(command.record)
          : void setTimeout(() => this.#write(command.record), command.inMs)`,
      },
    ],
  },
  {
    name: 'a key for every attempt',
    breaks: 'doubled',
    changes: [
      {
        right: 'keyHeaderValue(key, format)',
        wrong: 'keyHeaderValue(`${key}-${x.record?.attempts}`, format)',
      },
    ],
  },
  {
    name: 'a resume that skips what a dead process left',
    breaks: 'stuck',
    changes: [
      {
        right: 'if (await isBusyElsewhere(core, record))\n',
        wrong: 'if (record.lease !== undefined)\n',
      },
    ],
  },
]
