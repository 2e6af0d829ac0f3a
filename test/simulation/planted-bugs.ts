import type { Worlds } from './edges.ts'

/*
 * Bugs that the simulation must find: each replaces a piece of the source's text by a wrong one, in the
 * simulation's own copy (plant.ts). None is in the shipped code.
 */
export type PlantedBug = {
  readonly name: string
  readonly changes: readonly { readonly right: string; readonly wrong: string }[]
  /** Where it can live: in the other worlds it would only be waited for. */
  readonly worlds?: Worlds
  /** The rule that it breaks, where there is one that says it best: others that it breaks do not count. */
  readonly breaks?: string
}

/** The worlds in which a bug is looked for, and the rule that it breaks. */
export type Sought = Pick<PlantedBug, 'worlds' | 'breaks'>

export const bug = (
  name: string,
  ...changes: readonly (readonly [string, string] | Sought)[]
): PlantedBug => ({
  name,
  changes: changes.flatMap(change => (isChange(change) ? [{ right: change[0], wrong: change[1] }] : [])),
  ...Object.assign({}, ...changes.filter(change => !isChange(change))),
})

function isChange(change: readonly [string, string] | Sought): change is readonly [string, string] {
  return Array.isArray(change)
}

/** Where a bug lives that says nothing of it. */
export const livingIn =
  (worlds: Worlds) =>
  (planted: PlantedBug): PlantedBug => ({ worlds, ...planted })

/** The write begins, and nobody waits for it: what it keeps is told at once, and kept behind the callers' backs. */
const toldWhileItIsKeptAfter = (what: 'flown' | 'asked') => `{
        const { does, knows } = this.#state
        const isKept = 'after' in does && does.after?.decision === '${what}'
        const { record } = knows
        if (isKept && record?.state === 'succeeded' && record.result !== undefined)
          this.#onEnd(this.provenEnd)
        if (isKept && record?.state === 'failed') this.#onEnd({ kind: 'failed', record })
        return this.#write(command.record)
      }`

const BUGS: readonly PlantedBug[] = [
  bug(
    'a key for every attempt',
    ['keyHeaderValue(key, format)', 'keyHeaderValue(`${key}-${x.record?.attempts}`, format)'],
    { breaks: 'write-ahead' },
  ),
  bug(
    'a key rotated on 401',
    [
      'conclusive: !NEVER_CONCLUSIVE.has(answer.status) && (',
      'conclusive: answer.status === 401 || !NEVER_CONCLUSIVE.has(answer.status) && (',
    ],
    { breaks: 'only proof rotates a key' },
  ),
  bug(
    'a 404 after an ambiguous attempt taken for proof',
    ['(stored || !context.ambiguousBefore)', '(stored || !context.ambiguousBefore || answer.status === 404)'],
    { worlds: 'edges', breaks: 'not executed is true' },
  ),
  bug(
    'a success dropped when the store fails',
    ['if (isProven(knows) && (next?.state', 'if ((false as boolean) && (next?.state'],
    [
      'if (isReduced) return first([told], follow(before, after))',
      'if (told) return first([told], follow(withRecord(before, before.heard.stored), after))',
    ],
    { breaks: 'success is never lost' },
  ),
  bug(
    'a stale runner that writes',
    [
      `}
      const became = whatBecameOf(record, this.#record, 'refused')
      if (became === 'written') return this.#record`,
      `}
      const options = isOpen(record) ? { open: true } : { open: false, expiresAt: record.settledAt + FACT_LIFE_MS }
      const over = await this.#store.set(await this.#storageKey(), JSON.stringify(record), { ...options, expected: this.#version })
      if (over === undefined) return undefined
      this.#version = over
      this.#record = record
      return record`,
    ],
    { breaks: 'success is never lost' },
  ),
  bug(
    'the age of a key counted from its last send',
    ['const isFirst = record.firstSentAt === undefined', 'const isFirst = true'],
    { breaks: 'no stale key' },
  ),
  bug(
    'a re-send without an honoured key',
    ['return !mayHaveExecuted(record) || policy.honoursKeys', 'return true'],
    ['if (mayHaveExecuted(before) && !', 'if (false && !'],
    { breaks: 'no key, no re-send' },
  ),
  bug(
    'a joining caller with another payload',
    ['return ofRun !== undefined && ofRun !== own', 'return false'],
    { breaks: 'one payload' },
  ),
  bug(
    'absence taken for proof',
    [
      'if (!isAbsenceProof(record, progress, facts)) return',
      'if (false && !isAbsenceProof(record, progress, facts)) return',
    ],
    { breaks: 'not executed is true' },
  ),
  bug(
    'a timeout taken for not executed',
    ["return failure.sent === 'no'", "return failure.sent === 'no' || failure.cause.name === 'TimeoutError'"],
    { breaks: 'no key, no re-send' },
  ),
  bug(
    'a byte before the write',
    [
      "    { do: 'write', record: written },\n",
      "    { do: 'write', record: written },\n    { do: 'written-ahead', send: event.send },\n",
    ],
    { breaks: 'write-ahead' },
  ),
  bug(
    "another's write adopted after a failed one",
    ["this.#version === before ? 'unchanged' : 'changed'", "'unchanged'"],
    [
      'if (this.#record !== undefined && !mayFollow(this.#record, next)) return Promise.resolve(undefined)',
      '',
    ],
  ),
  bug(
    'an attempt in flight forgotten by the one who takes over',
    [
      'return { ...abandoned(seen), lease: event.lease }',
      'return { ...seen, inFlight: undefined, lease: event.lease }',
    ],
    { breaks: 'no doubt is forgotten' },
  ),
  bug(
    'a seal of a forgotten key',
    [
      'mayHaveExecuted(record) ? whyExpired(record, horizon, clocks)',
      '(false as boolean) ? whyExpired(record, horizon, clocks)',
    ],
    { breaks: 'not executed is true' },
  ),
  bug('a redirect to another origin followed', ['target?.origin === origin', 'target !== null'], {
    breaks: 'nothing leaves the origin',
  }),
  bug('another user not noticed', ["if (!gate.isSameScope) return 'scope-changed'", ''], {
    breaks: 'nobody else’s',
  }),
  bug(
    'a 5xx taken for a refusal',
    ['if (status >= 500 || status === 408) return', 'if (status === 408) return'],
    { breaks: 'not executed is true' },
  ),
  bug(
    "a gateway's page taken for a success",
    ['if (isPage(answer) && !context.acceptsHtml && rule', 'if (false && rule'],
    { breaks: 'executed is true' },
  ),
  bug(
    'a lease that nobody looks at',
    ['if (!gate.holds) return', 'if (false as boolean) return'],
    ['return lease === undefined ||', 'return true || lease === undefined ||'],
    [
      "if (stored !== undefined && isSameWriter(stored.writer, written.writer)) return 'written'",
      "if (stored !== undefined) return 'written'",
    ],
  ),
  bug(
    '202 taken for success',
    [
      "if (status === 202) return { kind: 'processing', sure: true, reason: '202: accepted, not finished' }",
      '',
    ],
    { breaks: 'executed is true' },
  ),
  bug(
    'a cut body taken for a failure',
    [
      "const isRead = body.kind === 'whole' &&",
      "if (body.kind === 'cut') return unknown(reason)\n  const isRead = body.kind === 'whole' &&",
    ],
    { breaks: 'success is never lost' },
  ),
  bug(
    '429 taken for proof',
    [
      "return { kind: 'try-again', conclusive: false, doubtful: false, reason: String(status) }",
      "return { ...refused('rejected', answer, context, String(status), undefined), conclusive: true }",
    ],
    ['new Set([401, 403, 407, 408, 421, 425, 429])', 'new Set([401, 403, 407, 408, 421, 425])'],
    { breaks: 'not executed is true' },
  ),
  bug(
    'an open record dropped without force',
    ["if (isOpen(record) && force === 'settled-only')", 'if (false as boolean)'],
    { breaks: 'only force drops what is open' },
  ),
  bug(
    'a store that cannot be read taken for an empty one',
    ["throw storeFailure('the store could not read', error)", 'return undefined'],
    { breaks: 'not executed is true' },
  ),
  bug(
    'a proof that comes late thrown away',
    ["if (verdict.kind !== 'succeeded') return stay(state)", 'if (verdict.kind) return stay(state)'],
    { breaks: 'success is never lost' },
  ),
  bug(
    'a look at the store that never grows old',
    ['Math.min(ageMs, now.ms - freeSinceMs) >= LONG_MS', 'Math.min(ageMs, now.ms - freeSinceMs) < 0'],
    { breaks: 'not executed is true' },
  ),
  bug(
    'an attempt in flight counted as not sent',
    ['return record.ambiguous > 0 || record.inFlight !== undefined', 'return record.ambiguous > 0'],
    { breaks: 'not executed is true' },
  ),
  bug(
    'what was doubtful forgotten at the release',
    [
      'return { ...seen, lease: undefined, request:',
      'return { ...seen, lease: undefined, inFlight: undefined, ambiguous: 0, request:',
    ],
    { breaks: 'no key, no re-send' },
  ),
  bug(
    'a seal taken for granted',
    [
      "return { kind: 'inconclusive', reason: `the server answered ${status} to the cancel` }",
      "return { kind: 'sealed' }",
    ],
    { breaks: 'not executed is true' },
  ),
  bug(
    'a not-found from a status query taken for a failure',
    [
      "if (status === 404 || status === 410) return { kind: 'absent' }",
      "if (status === 404 || status === 410) return { kind: 'not-executed', error: undefined }",
    ],
    { breaks: 'not executed is true' },
  ),
  bug('a horizon without its margin', ['lifeMs: retentionMs - marginMs', 'lifeMs: retentionMs'], {
    breaks: 'no stale key',
  }),
  bug(
    'a gate that looks only before it writes',
    [
      'const reason = refusalNow(knows, flight, isAborted, now, policy)',
      'const reason = hop ? refusalNow(knows, flight, isAborted, now, policy) : undefined',
    ],
    // Nor at what the write itself took so long that the attempt was over by then.
    ['if (!flight.isOver && flight.cutBy === undefined)', 'if (true as boolean)'],
    [
      "if (!this.#isCurrent) return 'attempt-over'",
      "if (!this.#isCurrent) return hop ? 'attempt-over' : undefined",
    ],
    { breaks: 'nothing is sent unasked' },
  ),
  bug(
    'a success merged into another generation',
    [
      'if (stored.generation !== record.generation || stored.key !== record.key) {',
      'if (false as boolean) {',
    ],
    { breaks: 'a word on one key is none on another' },
  ),
  bug(
    'another generation begun by a run whose own was forgotten',
    [
      "if (isOwn && code === 'forgotten') return { kind: 'dropped', about: seeker.before, reason }",
      "if (isOwn && code === 'forgotten') return beginning(record, seeker)",
    ],
    ["seen !== undefined && record.state !== 'succeeded' &&", '(false as boolean) && seen !== undefined &&'],
    { breaks: 'a call begins one generation' },
  ),
  bug(
    'an abort that says "not executed" although other callers go on',
    ['if (goesOn || !isReady', 'if (goesOn) return outcome\n  if (!isReady'],
    { breaks: 'not executed is true' },
  ),
  bug(
    'an abort of one caller that stops all',
    ['if (this.#callers <= 0 && !this.isOver) this.stop', 'if (!this.isOver) this.stop'],
    { breaks: 'only who aborts is told of it' },
  ),
  bug(
    'a resume that sends unasked',
    ['options.send === true ? await storedPayload(', 'options !== undefined ? await storedPayload('],
    { breaks: 'nothing is sent unasked' },
  ),
  bug(
    'a deadline three times as long',
    ['runtime.monotonic() + plan.settings.deadlineMs', 'runtime.monotonic() + 3 * plan.settings.deadlineMs'],
    { breaks: 'everything ends' },
  ),
  bug(
    'a store that does not come back waited for',
    [
      'if (!isOverdue({ remainingMs: this.#remainingMs, lateMs, timeoutMs })) return this.#watch()',
      'if (!isOverdue({ remainingMs: this.#remainingMs, lateMs, timeoutMs }) || this !== undefined) return this.#watch()',
    ],
    { breaks: 'everything ends' },
  ),
  bug(
    'a success told before it is stored',
    ['return this.#write(command.record)', toldWhileItIsKeptAfter('flown')],
    { breaks: 'success is never lost' },
  ),
  bug(
    'what asking brought told before it is stored',
    ['return this.#write(command.record)', toldWhileItIsKeptAfter('asked')],
    { breaks: 'success is never lost' },
  ),
  bug(
    'a stored request kept after "not executed" was told',
    ["drops: isOver ? 'request' : undefined", 'drops: undefined'],
    { breaks: 'what did not happen does not happen by itself' },
  ),
  bug(
    "a clear of everybody's records",
    [
      'const prefix = scopePrefix(scope)\n  if (store.listSettled',
      "const prefix = 'so1/'\n  if (store.listSettled",
    ],
    { breaks: 'nothing is dropped unasked' },
  ),
]

export const PLANTED_BUGS = BUGS.map(livingIn('plain'))
