import { bug, livingIn } from './planted-bugs.ts'
import type { PlantedBug } from './planted-bugs.ts'

/* What the client did before it met real servers, proxies, runtimes and people: at least one bug of each kind. */

const BUGS: readonly PlantedBug[] = [
  // 1. Words.
  bug(
    'an unknown word taken for the end',
    [
      "    case 'unknown': {\n      const shown = shownWord(word.said)",
      "    case 'unknown': {\n      if (word.said !== undefined) return executedWith(said, false)\n      const shown = shownWord(word.said)",
    ],
    { breaks: 'executed is true' },
  ),
  // 2. Statuses and pages.
  bug(
    'a status that stands for nothing taken for a refusal',
    ['if (!isRegistered(status)) return unknown(', 'if (false as boolean) return unknown('],
    { breaks: 'not executed is true' },
  ),
  bug(
    "a page that refuses taken for the server's word",
    ['if (!isData(answer)) return unknown(', 'if (false as boolean) return unknown('],
    { breaks: 'not executed is true' },
  ),
  bug(
    'the refusal of a second delivery taken for the first',
    [
      'return context.profile.honoursKeys || !context.unseenCopies || isOfTheRequest(answer.status)',
      'return true',
    ],
    { worlds: 'refused at its second delivery', breaks: 'not executed is true' },
  ),
  bug(
    'a 412 to a precondition of its own taken for proof',
    [
      'if (answer.status === 412 && context.conditional && !isReplay(answer, context.profile)) return false',
      '',
    ],
    { worlds: 'refused at its second delivery', breaks: 'not executed is true' },
  ),
  bug(
    'a 410 after an ambiguous attempt taken for proof',
    [
      '(stored || !context.ambiguousBefore) && isOfAll',
      '(stored || !context.ambiguousBefore || answer.status === 410) && isOfAll',
    ],
    { breaks: 'not executed is true' },
  ),
  bug(
    'an unproven conflict told as proven',
    ["proven: conflict === 'proven' })", 'proven: true })'],
    [
      "return whose === 'others' ? 'write-proof-and-begin-over' : 'mistake'",
      "return 'write-proof-and-begin-over'",
    ],
    { worlds: 'a change in the way', breaks: 'one effect' },
  ),
  bug(
    'the own change that stood in the way forgotten',
    [
      "if (told.kind === 'ours') return await settledAs(x, end, told.data, path)",
      "if (told.kind === 'ours') return end",
    ],
    { worlds: 'a change in the way', breaks: 'who found out is believed' },
  ),
  // 3. Cut answers.
  bug(
    'half an answer that a hook was to judge taken for a success',
    ['if (context.hasHook) return unknown(', 'if (false as boolean) return unknown('],
    { breaks: 'executed is true' },
  ),
  bug(
    'half a refusal taken for a whole one',
    [
      'if (status >= 400 && !isTooLong(answer))\n    return unknown(',
      "if (status >= 400 && !isTooLong(answer)) return refused('rejected', answer, { ...context, ambiguousBefore: false }, 'cut', undefined)\n  if (false as boolean)\n    return unknown(",
    ],
    { breaks: 'not executed is true' },
  ),
  // 4. Absence and caches.
  bug(
    'absence after the server was at work taken for proof',
    [
      "if (record.state !== 'pending' || record.inFlight !== undefined || progress.isKnownThere) return false",
      '',
    ],
    { worlds: 'forgotten while at work', breaks: 'one effect' },
  ),
  bug(
    'absence of a forgotten key taken for proof',
    [
      'if (isKeyExpired(record, horizon, facts) || isAgeInDoubt(record, horizon, facts)) return false\n  return record.ambiguous',
      'return record.ambiguous',
    ],
    { breaks: 'not executed is true' },
  ),
  bug(
    'absence that proves also for the attempts of a runner that vanished',
    ['return record.ambiguous === ambiguousHere &&', 'return record.ambiguous >= ambiguousHere &&'],
    { worlds: 'paused before it sends', breaks: 'not executed is true' },
  ),
  bug('an ask that a cache may answer', ["headers.set('cache-control', 'no-cache')", 'void headers'], {
    breaks: 'an ask reaches the server',
  }),
  // 5. The target.
  bug(
    'a key used under another account',
    ['account: now.account,', 'account: target.account,'],
    ['account: this.account,', 'account: record.target.account,'],
    { breaks: 'one target' },
  ),
  bug(
    'a key used under another profile',
    [
      'profile: policy.profile.name,\n    carriage: policy.carriage,\n    account',
      'profile: target.profile,\n    carriage: target.carriage ?? policy.carriage,\n    account',
    ],
    [
      'profile: profile.name,\n        carriage: carriageOf(profile),\n        account',
      'profile: record.target.profile,\n        carriage: record.target.carriage ?? carriageOf(profile),\n        account',
    ],
    { breaks: 'one target' },
  ),
  // 6. "Not sent".
  bug(
    "the error of a runtime's second try taken for that of the first",
    ['if (!context.isTruthful || context.headReceived', 'if (context.headReceived'],
    { worlds: 'tried again by its runtime', breaks: 'no key, no re-send' },
  ),
  // 7. Names.
  bug(
    'a text that does not find the number it spells',
    [
      "return ofNumber === 'there' || (ofNumber === 'forgotten' && ofText === 'unknown') ? number : text",
      "return ofNumber === 'forgotten' ? number : text",
    ],
    { breaks: 'not executed is true' },
  ),
  // 8. Webhooks.
  bug(
    "a word on one key taken for another's",
    ['(key === undefined || record.key === key) &&', '(key === undefined || record.key !== "") &&'],
    { breaks: 'executed is true' },
  ),
  bug(
    'a result that is not merged into a success stored without one',
    ['return stored.result !== undefined || record.result === undefined', 'return true'],
    { worlds: 'told before its answer', breaks: 'a result is kept' },
  ),
  // 9. Callbacks and listeners.
  bug('a listener that throws ends the process', ['onError(error, where)\n  }\n}', 'throw error\n  }\n}'], {
    breaks: 'no stray error',
  }),
  bug(
    'a promise taken for what a callback gives',
    [
      'if (!hasThen(value, path)) return value\n  heard(value)',
      'if (value !== undefined) return value\n  heard(value as PromiseLike<unknown>)',
    ],
    { breaks: 'no stray error' },
  ),
  // 10. Time.
  bug('one wrong Date believed', ['if (clock.length < 2) return NONE', 'if (clock.length < 1) return NONE'], {
    breaks: 'a young key does not expire',
  }),
  bug(
    'an age taken across clocks',
    [
      'if (firstSentServerAt !== undefined && serverNowAt !== undefined) {',
      'if ((false as boolean) && firstSentServerAt !== undefined && serverNowAt !== undefined) {',
    ],
    { worlds: 'a clock put right', breaks: 'a young key does not expire' },
  ),
  bug(
    'a retention that is raised for keys of before',
    ['Math.min(policy.retentionMs, record.keyRetentionMs ?? policy.retentionMs)', 'policy.retentionMs'],
    { worlds: 'edges', breaks: 'not executed is true' },
  ),
  bug(
    'a clock that was set back while the machine slept hidden by one that stood still',
    ['(clocks.readingAt ?? nowAt) < highestSeenAt - marginMs', 'nowAt < highestSeenAt - marginMs'],
    { worlds: 'a clock set back asleep', breaks: 'no stale key' },
  ),
  bug(
    'a key used at once of which the last answer says that it is old',
    ['return canAsk && mayHaveExecuted(record) &&', 'return (false as boolean) && canAsk &&'],
    { worlds: 'a clock set back asleep', breaks: 'no stale key' },
  ),
  // 11. Browsers of yesterday.
  bug(
    'a URL read as only new browsers read it',
    [
      '  try {\n    return new URL(text, base)\n  } catch {\n    return undefined\n  }',
      '  return URL.parse(text, base) ?? undefined',
    ],
    { worlds: 'plain', breaks: 'only our errors' },
  ),
  // 12. Small.
  bug(
    'a refusal with a type of its own sent again and again',
    ["if (hasOwnType(answer)) return remark('409 with a type of its own', ofCopies(context))", ''],
    { worlds: 'refused with a type', breaks: 'a refusal is not sent for again' },
  ),
  bug(
    'a status request told as a poll',
    ["type: isPoll ? 'poll' : 'query'", "type: knows.record?.state === 'processing' ? 'poll' : 'query'"],
    { breaks: 'events tell what was asked' },
  ),
]

export const PLANTED_EDGE_BUGS = BUGS.map(livingIn('edges'))
