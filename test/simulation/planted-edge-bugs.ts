import { bug } from './planted-bugs.ts'
import type { PlantedBug } from './planted-bugs.ts'

/* What the client did before it met real servers, proxies, runtimes and people: at least one bug of each kind. */

export const PLANTED_EDGE_BUGS: readonly PlantedBug[] = [
  // 1. Words.
  bug('an unknown word taken for the end', [
    "    case 'unknown': {\n      const shown = shownWord(word.said)",
    "    case 'unknown': {\n      if (word.said !== undefined) return executedWith(said, false)\n      const shown = shownWord(word.said)",
  ]),
  // 2. Statuses and pages.
  bug('a status that stands for nothing taken for a refusal', [
    'if (!isRegistered(status)) return unknown(',
    'if (false as boolean) return unknown(',
  ]),
  bug("a page that refuses taken for the server's word", [
    'if (!isData(answer)) return unknown(',
    'if (false as boolean) return unknown(',
  ]),
  bug('the refusal of a second delivery taken for the first', [
    'return context.profile.honoursKeys || !context.unseenCopies || isOfTheRequest(answer.status)',
    'return true',
  ]),
  bug('a 412 to a precondition of its own taken for proof', [
    'if (answer.status === 412 && context.conditional && !isReplay(answer, context.profile)) return false',
    '',
  ]),
  bug('a 410 after an ambiguous attempt taken for proof', [
    '(stored || !context.ambiguousBefore) && isOfAll',
    '(stored || !context.ambiguousBefore || answer.status === 410) && isOfAll',
  ]),
  // 3. Cut answers.
  bug('half an answer that a hook was to judge taken for a success', [
    'if (context.hasHook) return unknown(',
    'if (false as boolean) return unknown(',
  ]),
  bug('half a refusal taken for a whole one', [
    'if (status >= 400 && !isTooLong(answer))\n    return unknown(',
    "if (status >= 400 && !isTooLong(answer)) return refused('rejected', answer, { ...context, ambiguousBefore: false }, 'cut', undefined)\n  if (false as boolean)\n    return unknown(",
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
  // 6. "Not sent".
  bug("the error of a runtime's second try taken for that of the first", [
    'if (!context.isTruthful || context.headReceived',
    'if (context.headReceived',
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
  bug('a result that is not merged into a success stored without one', [
    'return stored.result !== undefined || record.result === undefined',
    'return true',
  ]),
  // 9. Callbacks and listeners.
  bug('a listener that throws ends the process', ['onError(error, where)\n  }\n}', 'throw error\n  }\n}']),
  bug('a promise taken for what a callback gives', [
    'if (!isThenable(value)) return value\n  heard(value)',
    'if (value !== undefined) return value\n  heard(value)',
  ]),
  // 10. Time.
  bug('one wrong Date believed', [
    'clock.some(other => other !== one && agree(one, other))',
    'clock.some(other => agree(one, other))',
  ]),
  bug('an age taken across clocks', [
    'if (firstSentServerAt !== undefined && serverNowAt !== undefined) {',
    'if ((false as boolean) && firstSentServerAt !== undefined && serverNowAt !== undefined) {',
  ]),
  bug('a retention that is raised for keys of before', [
    'Math.min(policy.retentionMs, record.keyRetentionMs ?? policy.retentionMs)',
    'policy.retentionMs',
  ]),
  bug('a clock that was set back while the machine slept hidden by one that stood still', [
    '(clocks.readingAt ?? nowAt) < highestSeenAt - marginMs',
    'nowAt < highestSeenAt - marginMs',
  ]),
  // 12. Small.
  bug('a refusal with a type of its own sent again and again', [
    "if (hasOwnType(answer)) return remark('409 with a type of its own', ofCopies(context))",
    '',
  ]),
  bug('a status request told as a poll', [
    "type: isPoll ? 'poll' : 'query'",
    "type: x.record?.state === 'processing' ? 'poll' : 'query'",
  ]),
]
