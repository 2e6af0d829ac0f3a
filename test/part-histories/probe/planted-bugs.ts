import { plantedIn, type PlantedPartBug } from '../part.ts'

/* What a probe says that has not seen it, and sends where it was refused. */

const bug = plantedIn('probe')

export const PLANTED_PROBE_BUGS: readonly PlantedPartBug[] = [
  bug('a connection that is refused, and asked again', 'no request after a refusal', [
    'if (seen.lost !== undefined || status >= 500 || isPage(seen)) return true',
    'if (status >= 500 || isPage(seen)) return true',
  ]),
  bug('a refusal in the middle taken for a finding', 'no request after a refusal', [
    "if (isShutOut(otherBody)) return stopAt('another payload', otherBody)",
    '',
  ]),
  bug('one of four that was refused overheard', 'no request after a refusal', [
    'concurrent.find(isShutOut)',
    'concurrent.every(isShutOut) ? concurrent[0] : undefined',
  ]),
  bug('a probe that was stopped and exits as if it knew', 'a stop says so, and exits with 1', [
    "if ('stop' in seen) return { code: 1,",
    "if ('stop' in seen) return { code: 0,",
  ]),
  bug('more requests than are documented', 'no more requests than documented', [
    'Array.from({ length: 4 }',
    'Array.from({ length: 8 }',
  ]),
  bug('another answer taken for the first one', 'honoured only where the second answer is the first', [
    "    if (first.body !== second.body) return 'ignored'\n",
    '',
  ]),
  bug(
    'answers that tell nothing apart taken for keys that are honoured',
    'honoured only where the answers tell operations apart',
    ["    if (first.body === otherKey.body || isEcho(seen)) return 'unclear'\n", ''],
  ),
  bug(
    'two at once where nothing is given again taken for one',
    'no profile honours keys where two at once were performed',
    ['  if (!isSuccess(second)) return successes.length > 1\n', ''],
  ),
  bug('keys called honoured by bodies alone, as if it was seen', 'seen only with a mark', [
    "sure(isMarked || keys === 'refused-again' || keys === 'unclear')",
    'sure(true)',
  ]),
  bug('four answers that are alike taken for one that was seen', 'seen only with a mark', [
    'mayBePerformed(seen, marker) <= 1',
    'isMarked',
  ]),
  bug('a key in quotes taken for the same one by its body', 'one key only where it was not executed', [
    'isSame(repeated[1], otherForm) && (marker',
    'isSuccess(otherForm) && (marker',
  ]),
]
