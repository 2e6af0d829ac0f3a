/*
 * Bugs that the simulation must find: each replaces a piece of the source's text by a wrong one, in the
 * simulation's own copy (plant.ts). None is in the shipped code.
 */
export type PlantedBug = {
  readonly name: string
  readonly changes: readonly { readonly right: string; readonly wrong: string }[]
}

export const bug = (name: string, ...changes: readonly (readonly [string, string])[]): PlantedBug => ({
  name,
  changes: changes.map(([right, wrong]) => ({ right, wrong })),
})

export const PLANTED_BUGS: readonly PlantedBug[] = [
  bug('a key for every attempt', [
    'keyHeaderValue(record.key, format)',
    'keyHeaderValue(`${record.key}-${record.attempts}`, format)',
  ]),
  bug('a key rotated on 401', [
    'conclusive: !NEVER_CONCLUSIVE.has(answer.status) && (',
    'conclusive: answer.status === 401 || !NEVER_CONCLUSIVE.has(answer.status) && (',
  ]),
  bug('a 404 after an ambiguous attempt taken for proof', [
    '(stored || !context.ambiguousBefore)',
    '(stored || !context.ambiguousBefore || answer.status === 404)',
  ]),
  bug(
    'a success dropped when the store fails',
    ['if (this.#isProven &&', 'if (false &&'],
    ['if (reduced) return', 'if (x.record !== undefined) return void (x.record = x.journal.stored)'],
  ),
  bug('a stale runner that writes', [
    'if (version === undefined) await this.read()',
    'if (version === undefined) { await this.read(); return await this.#store.set(await this.#storageKey(), JSON.stringify(record), { ...options, expected: this.#version }) }',
  ]),
  bug('the age of a key counted from its last send', [
    '...(record.firstSentAt === undefined && {\n      firstSentAt: event.at,',
    '...({\n      firstSentAt: event.at,',
  ]),
  bug(
    'a re-send without an honoured key',
    ['return !mayHaveExecuted(record) || policy.honoursKeys', 'return true'],
    ['if (mayHaveExecuted(withoutOwnFlight(x, record)) && !', 'if (false && !'],
  ),
  bug('a joining caller with another payload', [
    'if (fingerprint === own.fingerprint) return undefined',
    'if (fingerprint !== "") return undefined',
  ]),
  bug('absence taken for proof', [
    'if (!isAbsenceProof(record, progress, {',
    'if (false && !isAbsenceProof(record, progress, {',
  ]),
  bug('a timeout taken for not executed', [
    "return failure.sent === 'no'",
    "return failure.sent === 'no' || failure.cause.name === 'TimeoutError'",
  ]),
  bug('a byte before the write', ['(await host.writeAhead())', '(void host.writeAhead(), undefined)']),
  bug(
    "another's write adopted after a failed one",
    ['!this.#isOwn(record) && this.#version === before', '!this.#isOwn(record)'],
    ['if (this.#record !== undefined && !makesRoom(this.#record, next)) return undefined', ''],
  ),
  bug('an attempt in flight forgotten by the one who takes over', [
    'return { ...abandoned(seen), lease: event.lease }',
    'return { ...seen, inFlight: undefined, lease: event.lease }',
  ]),
  bug('a seal of a forgotten key', [
    'mayHaveExecuted(x.record) ? whyExpired(',
    '(false as boolean) ? whyExpired(',
  ]),
  bug('a redirect to another origin followed', ['target?.origin === origin', 'target !== null']),
  bug('another user not noticed', ["if (!x.isSameScope) return 'scope-changed'", '']),
  bug('a 5xx taken for a refusal', [
    'if (status >= 500 || status === 408) return',
    'if (status === 408) return',
  ]),
  bug("a gateway's page taken for a success", [
    'if (isPage(answer) && !context.acceptsHtml && rule',
    'if (false && rule',
  ]),
  bug(
    'a lease that nobody looks at',
    ['if (!x.holding || (x.ownLease !== undefined && !x.isHeld))', 'if (false)'],
    ['return lease === undefined ||', 'return true || lease === undefined ||'],
    ['return stored?.runner === record.writer.runner && stored.write === record.writer.write', 'return true'],
  ),
  bug('202 taken for success', [
    "if (status === 202) return { kind: 'processing', sure: true, reason: '202: accepted, not finished' }",
    '',
  ]),
  bug('a cut body taken for a failure', [
    "const isRead = body.kind === 'whole' &&",
    "if (body.kind === 'cut') return unknown(reason)\n  const isRead = body.kind === 'whole' &&",
  ]),
  bug(
    '429 taken for proof',
    [
      "return { kind: 'try-again', conclusive: false, doubtful: false, reason: String(status) }",
      "return { ...refused('rejected', answer, context, String(status), undefined), conclusive: true }",
    ],
    ['new Set([401, 403, 407, 408, 421, 425, 429])', 'new Set([401, 403, 407, 408, 421, 425])'],
  ),
  bug('an open record dropped without force', [
    "if (isOpen(record) && force === 'settled-only')",
    'if (false as boolean)',
  ]),
  bug('a store that cannot be read taken for an empty one', [
    "throw storeFailure('the store could not read', error)",
    'return undefined',
  ]),
  bug('a proof that comes late thrown away', [
    "if (verdict.kind !== 'succeeded') return\n",
    'if (verdict.kind) return\n',
  ]),
  bug('an attempt in flight counted as not sent', [
    'return record.ambiguous > 0 || record.inFlight !== undefined',
    'return record.ambiguous > 0',
  ]),
  bug('what was doubtful forgotten at the release', [
    'return { ...seen, lease: undefined, request:',
    'return { ...seen, lease: undefined, inFlight: undefined, ambiguous: 0, request:',
  ]),
  bug('a seal taken for granted', [
    "return { kind: 'inconclusive', reason: `the server answered ${status} to the cancel` }",
    "return { kind: 'sealed' }",
  ]),
  bug('a not-found from a status query taken for a failure', [
    "if (status === 404 || status === 410) return { kind: 'absent' }",
    "if (status === 404 || status === 410) return { kind: 'not-executed', error: undefined }",
  ]),
  bug('a horizon without its margin', [
    'const lifeMs = retentionMs - marginMs',
    'const lifeMs = retentionMs',
  ]),
  bug('a gate that looks only before it writes', [
    'const late = check()',
    'const late = undefined as ReturnType<typeof check>',
  ]),
  bug('a success merged into another generation', [
    'if (stored.generation !== record.generation || stored.key !== record.key) {',
    'if (false as boolean) {',
  ]),
  bug(
    'another generation begun by a run whose own was forgotten',
    [
      "if (waited && code === 'forgotten') return droppedMeanwhile(x, before, reason)",
      "if (waited && code === 'forgotten') return begin(x, record)",
    ],
    ["stored.state !== 'succeeded' && lineOf(stored) !== lineOf(this.seen)", 'false'],
  ),
  bug('an abort that says "not executed" although other callers go on', [
    'return this.#callers > 0 || elsewhere ?',
    'return elsewhere ?',
  ]),
  bug('an abort of one caller that stops all', [
    'if (this.#callers <= 0 && !this.isOver) this.execution',
    'if (!this.isOver) this.execution',
  ]),
  bug('a resume that sends unasked', [
    'options.send === true ? await storedPayload(',
    'options !== undefined ? await storedPayload(',
  ]),
  bug('a deadline three times as long', [
    'init.engine.runtime.monotonic() + init.plan.settings.deadlineMs',
    'init.engine.runtime.monotonic() + 3 * init.plan.settings.deadlineMs',
  ]),
  bug('a store that does not come back waited for', [
    'if (x.remainingMs > 0 || overslept) return arm()',
    'if (x !== undefined) return arm()',
  ]),
  bug('a success told before it is stored', [
    'const ended = await attempt(x, x.payload, as)\n  await keep(x)',
    'const ended = await attempt(x, x.payload, as)\n  void keep(x)',
  ]),
  bug('what asking brought told before it is stored', [
    'await ask(x, at)\n  await keep(x)',
    'await ask(x, at)\n  void keep(x)',
  ]),
  bug('a stored request kept after "not executed" was told', [
    "end.kind === 'stopped' && end.outcome === 'not-executed' ? ('request' as const) : undefined",
    'undefined',
  ]),
  bug("a clear of everybody's records", [
    'const prefix = scopePrefix(scope)\n  if (store.listSettled',
    "const prefix = 'so1/'\n  if (store.listSettled",
  ]),
]
