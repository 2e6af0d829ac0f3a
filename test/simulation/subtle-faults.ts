import type { PlantedBug, Sought } from './planted-bugs.ts'
import { bug } from './planted-bugs.ts'

/*
 * Faults of one character or one line, as they slip in: a comparison turned round, an `await` that is missed, a field
 * that is lost, two steps swapped, a guard left out on one of several paths. Each says which check sees it: histories of
 * the simulation, or a file of tests, which then runs on the source with the fault in it.
 */
export type SubtleFault = PlantedBug & {
  readonly seenBy: 'histories' | 'histories of stillonce/server' | `test/${string}.test.ts`
  /** Of that file only the tests whose names have this in them. */
  readonly named?: string
}

const seenBy =
  (check: SubtleFault['seenBy'], sought?: Sought & Pick<SubtleFault, 'named'>) =>
  (name: string, ...changes: readonly (readonly [string, string])[]): SubtleFault => ({
    seenBy: check,
    ...bug(name, ...changes, ...(sought === undefined ? [] : [sought])),
  })

export const SUBTLE_FAULTS: readonly SubtleFault[] = [
  // src/engine
  seenBy('test/sockets/ky-hooks-before.test.ts')(
    'an ask that does not look at the account once hooks have run',
    [
      'askRefusal(momentOf(x, cut.signal.aborted))',
      'askRefusal({ ...momentOf(x, cut.signal.aborted), targetFault: undefined })',
    ],
  ),
  seenBy('histories', { worlds: 'told before its answer', breaks: 'what was answered is given' })(
    'a result that is lost where a success is merged',
    [
      "const told = { kind: 'executed' as const, result: record.result }",
      "const told = { kind: 'executed' as const, result: undefined }",
    ],
  ),
  seenBy('histories', { worlds: 'plain', breaks: 'a result is kept' })(
    'a result that is remembered once it is too old',
    ['nowAt < record.settledAt + rememberMs', 'nowAt >= record.settledAt + rememberMs'],
  ),
  seenBy('test/simulation/regressions.test.ts')('a redirect that is followed whoever is logged in', [
    'target !== undefined && host.atByte(send, false, true) === undefined ? target : undefined',
    'target',
  ]),
  seenBy('test/simulation/regressions.test.ts')('a claim that forgets which generation it took up', [
    'holding: true, begunGeneration: written.generation,',
    'holding: true,',
  ]),
  seenBy('test/api/leases.test.ts')('a lease that is renewed only while it need not be', [
    'if (leftMs > dueMs) return',
    'if (leftMs <= dueMs) return',
  ]),
  seenBy('test/simulation/regressions.test.ts')('the result of another payload given by a last look', [
    "if (stored.state === 'succeeded' && isOfAnotherPayload(",
    "if ((false as boolean) && stored.state === 'succeeded' && isOfAnotherPayload(",
  ]),
  // src/stores
  seenBy('test/stores/sqlite-durability.test.ts')(
    'a sync left out where one of several transactions wrote nothing',
    ['if (synced.some(({ hasWritten })', 'if (synced.every(({ hasWritten })'],
  ),
  seenBy('test/stores/sqlite-durability.test.ts')('a deletion that waits for no disk', [
    '    transaction.last += 1\n    transaction.hasWritten = true\n',
    '    transaction.last += 1\n',
  ]),
  seenBy('test/stores/sqlite-durability.test.ts')('a sync that counts for what was committed while it ran', [
    'if (failures === before) reached = Math.max(reached, upTo)',
    'if (failures === before) reached = Math.max(reached, upTo, wanted)',
  ]),
  seenBy('test/stores/sqlite-durability.test.ts')('a read that does not wait for the disk', [
    'return waiting === undefined ? Promise.resolve(found) : waiting.then(() => found)',
    'return Promise.resolve(found)',
  ]),
  seenBy('test/stores/store-contract.test.ts', { named: 'memoryStore keeps' })(
    'an open record that expires',
    ['entry.expiresAt = opens ? Infinity : expiresAt', 'entry.expiresAt = expiresAt'],
  ),
  seenBy('test/stores/store-contract.test.ts', { named: 'memoryStore keeps' })(
    'a memory store that deletes whatever version is there',
    [
      'if (entry === undefined || entry.record.version !== expected) return Promise.resolve(false)',
      'if (entry === undefined) return Promise.resolve(false)',
    ],
  ),
  seenBy('test/stores/store-contract.test.ts', { named: 'keyValueStore' })(
    'accesses of a key-value store that do not take turns',
    ['const before = last.get(name)\n', 'const before = undefined\n'],
    ['return siteLocks()?.request(lockName, { signal }, begin) ?? begin()', 'return begin()'],
  ),
  seenBy('test/stores/key-value-store.test.ts')('a key-value store that asks for no Web Lock', [
    'return siteLocks()?.request(lockName, { signal }, begin) ?? begin()',
    'return begin()',
  ]),
  seenBy('test/stores/key-value-store.test.ts')('a key-value store that is open before its index says so', [
    '      await keepIndex({ ...before, last: next, open })\n      surplus = without(surplus, dropped)\n      await storage.set(recordPrefix + key, JSON.stringify(entry))\n',
    '      await storage.set(recordPrefix + key, JSON.stringify(entry))\n      await keepIndex({ ...before, last: next, open })\n      surplus = without(surplus, dropped)\n',
  ]),
  seenBy('test/stores/key-value-store.test.ts')(
    'a key-value store that forgets an open record with its index',
    ['const open = await foundOpen()', 'const open: OpenIndex = []'],
  ),
  seenBy('test/stores/key-value-store.test.ts')(
    'a record of a key-value store that was open twice and is listed no more',
    ['pairs.some(([other, its]) => place === other && key === its)', 'pairs.some(([, its]) => key === its)'],
  ),
  seenBy('test/stores/key-value-store.test.ts')(
    'a key-value store that does something after its turn was given up',
    ['        if (signal.aborted) throw noTurn(name)\n', ''],
  ),
  seenBy('test/stores/key-value-store.test.ts')('a key-value store that never says that it is weak', [
    '...(!durable && { isWeak: true })',
    '...(!durable && {})',
  ]),
  seenBy('test/stores/sqlite-durability.test.ts')('writes answered before the disk has them', [
    '        if (synced.some(({ hasWritten }) => hasWritten)) await reachDisk(synced)\n        for (const committed of synced) answer(committed, path)\n',
    '        for (const committed of synced) answer(committed, path)\n        if (synced.some(({ hasWritten }) => hasWritten)) await reachDisk(synced)\n',
  ]),
  seenBy('test/api/old-answers.test.ts')('what came too late and said that it is at work not heard', [
    "if (verdict.kind === 'processing' && record.key === key)",
    'if ((false as boolean))',
  ]),
  seenBy('test/api/settle.test.ts')('a hook that hides that the server was at work', [
    'context.hook !== undefined && judge(told',
    '(false as boolean) && judge(told',
  ]),
  seenBy('test/api/told-not-executed.test.ts')('"not executed" said by a look of a while ago', [
    'needsNewLook(knows, end, now) ?',
    '(false as boolean) ?',
  ]),
  seenBy('test/api/abort.test.ts')('an abort told before its run has let go', [
    "return left === 'of-the-end' ? ((await orLate(live, live.settled))?.outcome ?? 'unknown') : left",
    "return left === 'of-the-end' ? live.outcome : left",
  ]),
  seenBy('test/api/old-answers.test.ts')('what a cancel heard kept to itself', [
    "isAsked(stored) && stored.state === 'pending' && mayHaveExecuted(stored)",
    "isAsked(stored) && stored.state !== 'pending' && mayHaveExecuted(stored)",
  ]),
  // src/server
  seenBy('test/server/takeover.test.ts')('two writes of one holder under one number', [
    'const write = (this.#writes += 1)',
    'const write = this.#writes + 1',
  ]),
  seenBy('histories of stillonce/server', { worlds: 'edges' })('a claim that does not wait for the memory', [
    'const memory = store.memory.current(nowAt)',
    'const memory: unknown = void store.memory.current(nowAt)',
  ]),
  seenBy('test/server/memory.test.ts')('a retention that changes for all at once', [
    'until: nowAt + HANDOVER_MS,',
    'until: nowAt,',
  ]),
  seenBy('test/server/takeover.test.ts')('a lease looked at the wrong way round', [
    'return facts.nowAt < record.leaseUntil',
    'return facts.nowAt >= record.leaseUntil',
  ]),
  seenBy('test/server/payload.test.ts')('a payload lost by a claim that ends', [
    '    fingerprint: before?.fingerprint,\n',
    '',
  ]),
  seenBy('test/server/bad-input.test.ts')('a bounded store taken for a memory', [
    'if (store.isBounded === true)',
    'if ((false as boolean) && store.isBounded === true)',
  ]),
  seenBy('test/server/run.test.ts')(
    'work whose value does not fit JSON, told as if nothing had been executed',
    [
      '      own = { unfit: error }\n      // The work was done, and that is recorded without its value.\n      return VALUELESS',
      "      own = { unfit: error }\n      throw new NotExecuted('no JSON', { cause: error })",
    ],
  ),
  seenBy('test/probe/probe.test.ts')('a probe that goes on where it was refused', [
    'return (status >= 300 && status < 400) || BEFORE_THE_HANDLER.has(status)',
    'return status >= 300 && status < 400',
  ]),
  seenBy('test/server/replays.test.ts')('a replay without its content type', [
    '!/^content-(?!location)/.test(name)) headers',
    '!/^content-(?!location)/.test(name)) if (name !== "content-type") headers',
  ]),
]
