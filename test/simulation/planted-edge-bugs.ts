import { bug } from './planted-bugs.ts'
import type { PlantedBug } from './planted-bugs.ts'

/* What the client did before it met real servers, proxies, runtimes and people: at least one bug of each kind. */

export const PLANTED_EDGE_BUGS: readonly PlantedBug[] = [
  // 1. Words.
  bug('an unknown word taken for the end', [
    "    case 'unknown': {\n      const shown = shownWord(word.said)",
    "    case 'unknown': {\n      if (word.said !== undefined) return executedWith(said, false)\n      const shown = shownWord(word.said)",
  ]),
  // 4. Absence and caches.
  bug('absence after the server was at work taken for proof', [
    "if (record.state !== 'pending' || record.inFlight !== undefined || progress.isKnownThere) return false",
    '',
  ]),
  bug('absence of a forgotten key taken for proof', [
    'if (isKeyExpired(record, horizon, facts)) return false\n  return record.ambiguous',
    'return record.ambiguous',
  ]),
  bug('absence that proves also for the attempts of a runner that vanished', [
    'return record.ambiguous === ambiguousHere &&',
    'return record.ambiguous >= ambiguousHere &&',
  ]),
  bug('an ask that a cache may answer', ["headers.set('cache-control', 'no-cache')", 'void headers']),
  // 5. The target.
  bug('a key used under another account', ['account: accountNow(x),', 'account: target.account,']),
  bug('a key used under another profile', [
    'profile: x.plan.settings.profile.name,\n    account',
    'profile: target.profile,\n    account',
  ]),
  // 7. Names.
  bug('a text that does not find the number it spells', [
    "return ofNumber === 'there' || (ofNumber === 'forgotten' && ofText === 'unknown') ? number : text",
    "return ofNumber === 'forgotten' ? number : text",
  ]),
  // 8. Webhooks.
  bug("a word on one key taken for another's", [
    '(key === undefined || record.key === key) &&',
    '(key === undefined || record.key !== "") &&',
  ]),
  // 12. Small.
  bug('a status request told as a poll', [
    "type: isPoll ? 'poll' : 'query'",
    "type: x.record?.state === 'processing' ? 'poll' : 'query'",
  ]),
]
