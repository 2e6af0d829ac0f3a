import { bug, livingIn } from './planted-bugs.ts'
import type { PlantedBug } from './planted-bugs.ts'
import { RUN_BUGS } from './planted-run-bugs.ts'

/* Bugs of the server, which histories against stillonce/server must find: as those of the client. */

const BUGS: readonly PlantedBug[] = [
  bug(
    'a claim by reading, then writing',
    [
      'return this.#tryToWrite(place, seen, next).then(',
      'const read = this.#store.get(place)\n    return read.then(found => this.#tryToWrite(place, { ...seen, version: found?.version ?? null }, next)).then(',
    ],
    { breaks: 'what is settled stays' },
  ),
  bug(
    'a claim taken over although its handler cannot run again',
    [
      'return resumable && record.resumable && nowAt >= record.leaseUntil',
      'return nowAt >= record.leaseUntil',
    ],
    { breaks: 'one effect' },
  ),
  bug(
    'a late completion that is not fenced',
    [
      "if (before === undefined || before.owner !== written.owner) return refused('another holds the key')",
      "if (before === undefined) return refused('another holds the key')",
    ],
    { breaks: 'a late holder writes nothing' },
  ),
  bug('a takeover that does not raise the fence', ['before.fence + 1 : 1', 'before.fence : 1'], {
    breaks: 'a late holder writes nothing',
  }),
  bug(
    'a takeover of which the handler is not told',
    ['takesOver: decision.takesOver }', 'takesOver: false }'],
    { breaks: 'one effect' },
  ),
  bug('a key freed by a run that took over', ['return claim.fence === 1', 'return claim.fence >= 1'], {
    breaks: 'one effect',
  }),
  bug(
    'a key freed by an error',
    [
      "change(job, { kind: 'lose', reason, ...kept }, 'outcome-unknown')",
      "change(job, { kind: 'release' }, 'outcome-unknown')",
    ],
    { breaks: 'one effect' },
  ),
  bug(
    "a handler's 500 taken for a refusal",
    ["if (status >= 500) return 'unknown'", "if (status >= 500) return 'not-executed'"],
    { breaks: 'not executed is true' },
  ),
  bug(
    'a replay without a look at the payload',
    [
      'if (record.fingerprint !== undefined && record.fingerprint !== facts.fingerprint)',
      'if (false as boolean)',
    ],
    { breaks: 'one payload' },
  ),
  bug(
    'a seal that is forgotten',
    [
      "if (isOpenKey(record) || (record.state === 'failed' && record.why === 'concluded')) return undefined",
      "if (record.state === 'failed' && record.why === 'sealed') return record.changedAt + 1_000\n  if (isOpenKey(record)) return undefined",
    ],
    { breaks: 'an answer is remembered for the retention' },
  ),
  bug(
    'a seal over a claim',
    [
      "case 'seal':\n      return before === undefined",
      "case 'seal':\n      return before === undefined || before.state === 'processing'",
    ],
    { breaks: 'a late holder writes nothing' },
  ),
  bug(
    'a retention that begins with the claim',
    [
      'return record.changedAt + retentionMs + clockMarginMs(retentionMs)',
      'return record.createdAt + retentionMs + clockMarginMs(retentionMs)',
    ],
    { breaks: 'an answer is remembered for the retention' },
  ),
  bug(
    'a first-send time that nobody looks at',
    ['return isForgotten(facts.firstSent, facts)', 'return false'],
    { breaks: 'one effect' },
  ),
  bug(
    'an own claim not recognised when its acknowledgement was lost',
    ['if (isWrite(found.record, next)) return { written: true, view: found }', ''],
    { breaks: 'no key is left without a reason' },
  ),
  bug(
    'a claim that nobody takes back when the store failed',
    ['s.keepAlive(s.store.takeBack(place, { owner, write: 1, record: view.record }))', 'undefined'],
    { breaks: 'no key is left without a reason' },
  ),
  bug(
    'an end that is not mended',
    ['mended = await this.#repair(place, knowledge).catch(() => false)', 'mended = true'],
    { breaks: 'no key is left without a reason' },
  ),
  bug(
    'a repair over a later write',
    [
      "if (stored.state === 'succeeded' || stored.state === 'failed') return false\n  return stored.owner === knowledge.owner && stored.write <= knowledge.write",
      'return stored.owner === knowledge.owner',
    ],
    { worlds: 'a late end while the store fails', breaks: 'what is settled stays' },
  ),
  bug(
    'a store that failed told as executed',
    ["'store-unavailable': [\n    503,", "'store-unavailable': [\n    200,"],
    { breaks: 'executed is true' },
  ),
  bug(
    'an unknown outcome told as failed by the status',
    ["return problem('outcome-unknown', { status: 409 })", "return said(200, { status: 'failed' })"],
    { breaks: 'not executed is true' },
  ),
  bug(
    'a status that stays silent for ever, and is asked for ever',
    ['return ways[Math.floor(progress.failedAsksInARow / FAILED_IN_A_ROW) % ways.length]', 'return ways[0]'],
    { breaks: 'nothing stays unknown' },
  ),
  bug(
    'a write that failed taken for written',
    [
      '(error: unknown) => this.#writeAgain(place, seen, next, { onDoubt, failure: { error } }),',
      '() => ({ written: true, view: { record: next, version: seen.version } }),',
    ],
    { breaks: 'one effect' },
  ),
  bug(
    'a memory older than its store',
    ['Math.max(bornAt, nowAt - retentionMs, ...ends)', 'Math.max(nowAt - retentionMs, ...ends)'],
    { worlds: 'edges', breaks: 'one effect' },
  ),
  bug(
    'a raised retention believed of what was kept before',
    ['Math.max(bornAt, nowAt - retentionMs, ...ends)', 'Math.max(bornAt, nowAt - retentionMs)'],
    { worlds: 'a retention raised', breaks: 'one effect' },
  ),
  bug(
    'the same key of two users taken for one',
    [
      'recordKeyUnder(serverScopePrefix(scope), key)',
      "recordKeyUnder(serverScopePrefix(scope === 'stranger' ? 'shop' : scope), key)",
    ],
    { worlds: 'edges', breaks: 'nobody else’s' },
  ),
  bug(
    'a body that is not read before its claim',
    [
      "if (parse === undefined) return { kind: 'input', input: undefined }",
      "if (parse !== undefined) return { kind: 'input', input: undefined }\n  if (parse === undefined) return { kind: 'input', input: undefined }",
    ],
    { worlds: 'edges', breaks: 'half a request is none' },
  ),
  bug(
    'an error after which nothing happened, and that keeps its key',
    ['return declared === true', "return declared === 'never'"],
    { worlds: 'edges', breaks: 'what did not happen frees its key' },
  ),
  // The key's own URL.
  bug(
    "a seal of another key taken for this one's",
    ["return inconclusive('the answer to the cancel names another key')", 'return reading'],
    { worlds: 'edges', breaks: 'not executed is true' },
  ),
  bug(
    "another key's status taken for this one's",
    ["if (named === 'another') return", 'if (false as boolean) return'],
    { worlds: 'edges', breaks: 'executed is true' },
  ),
  // Replays, and what waits for a person.
  bug(
    'a replay that does not say that it is one',
    [
      "  if (isProof) headers.set('idempotent-replayed', 'true')\n  // The caching headers of the first answer",
      '  // The caching headers of the first answer',
    ],
    { breaks: 'nothing stays unknown' },
  ),
  bug(
    'an unknown key that is not listed',
    ["if (record.state === 'unknown') return 'unknown'", "if (record.state === 'unknown') return undefined"],
    { breaks: 'nothing stays unknown' },
  ),
]

export const PLANTED_SERVER_BUGS = [...BUGS, ...RUN_BUGS].map(livingIn('plain'))
