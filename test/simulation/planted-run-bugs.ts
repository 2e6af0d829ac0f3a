import { bug } from './planted-bugs.ts'
import type { PlantedBug } from './planted-bugs.ts'

/* Bugs of `once.run`, and of what only that uses: they live where the server's work is done by it. */

export const RUN_BUGS: readonly PlantedBug[] = [
  bug(
    'a payload of a run that does not count',
    ['runtime.digest(`run\\n${runPayloadText(payload)}`)', 'runtime.digest(`run\\n`)'],
    { breaks: 'one payload' },
  ),
  bug(
    'a run under the key of another user',
    [
      'prefix: serverScopePrefix(scope) }',
      "prefix: serverScopePrefix(scope === 'stranger' ? 'shop' : scope) }",
    ],
    { worlds: 'edges', breaks: 'nobody else’s' },
  ),
  bug(
    'a run under the key of the user before',
    ['if (lastScope?.scope !== scope)', 'if (lastScope === undefined)'],
    { worlds: 'edges', breaks: 'nobody else’s' },
  ),
  bug(
    'a first-send time of a run that nobody looks at',
    [
      'const firstSent = firstSentAt === undefined ? undefined : { at: firstSentAt, isExact: false }',
      'const firstSent = undefined',
    ],
    { breaks: 'one effect' },
  ),
  bug(
    'what the work of a run threw taken for proof that nothing happened',
    [
      'throw isNotExecuted(error) ? new NotExecuted(error.message, { cause: error }) : error',
      "throw new NotExecuted('it threw', { cause: error })",
    ],
    { breaks: 'one effect' },
  ),
  bug(
    'a run that is done again unasked',
    ['resumable: resumable ?? settings.resumable', 'resumable: resumable !== undefined'],
    { breaks: 'one effect' },
  ),
  bug('a value that is given again told as new', ['replayed: outcome !== undefined', 'replayed: false'], {
    breaks: 'a run says what it gives again',
  }),
  bug(
    'an answer for clients taken for the value of a run',
    ["if (outcome === 'not-executed') throw failed('not-executed')", ''],
    { breaks: 'executed is true' },
  ),
  bug(
    'a run that goes on elsewhere told as done',
    ['const runSettings = { ...settings, inProgress: 409 } as const', 'const runSettings = settings'],
    { breaks: 'executed is true' },
  ),
  bug(
    'a run whose value is not kept told as one that did not happen',
    [": failed('already-executed')\n", ": failed('nothing-happened')\n"],
    { breaks: 'nothing stays unknown' },
  ),
  bug(
    'a value that JSON cannot hold taken for a work that did not happen',
    ['return VALUELESS\n', "throw new NotExecuted('no value')\n"],
    { breaks: 'one effect' },
  ),
  bug(
    'an error of the work that its run does not give',
    [
      "const cause = own !== undefined && 'thrown' in own ? own.thrown : undefined",
      'const cause = undefined',
    ],
    { breaks: 'a run gives what its work threw' },
  ),
]
