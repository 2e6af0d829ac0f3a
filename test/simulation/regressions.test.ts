import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { NO_EDGES } from './edges.ts'
import { runHistory } from './history.ts'
import type { HistoryResult } from './history.ts'
import type { Action, ActionKind, Plan } from './plan.ts'
import { planOf, RETENTION_MS } from './plan.ts'
import { loadSubject } from './subject.ts'

/* Histories that broke a promise once, distilled: each is a few actions and faults that strike where they are told. */

const QUIET: Plan = {
  seed: 1,
  environment: 'node',
  manner: {
    honoursKeys: true,
    inProgress: '202',
    storesDeclines: true,
    declines: 0,
    storedFailures: 0,
    retentionMs: RETENTION_MS,
    statusLagMs: 0,
    seals: true,
    slowness: 'fast',
    hasDate: false,
  },
  absentAfterMs: undefined,
  persist: 'key',
  rememberMs: 86_400_000,
  deathIsSeen: false,
  ignoresAbort: false,
  longHoldMs: 60_000,
  storeLatencyMs: 0,
  rates: { send: 0, ask: 0, store: 0, strike: 0 },
  sendFaults: [],
  askFaults: [],
  storeFaults: [],
  clocks: [
    { offsetMs: 0, drift: 0 },
    { offsetMs: 0, drift: 0 },
  ],
  actions: [],
  healedAt: 90_000,
  hasWildClock: false,
  script: {},
}

function act(at: number, slot: number, kind: ActionKind, more: Partial<Action> = {}): Action {
  return { at, slot, kind, op: 'a', item: 'book', ms: 0, ...more }
}

async function history(plan: Partial<Plan>): Promise<HistoryResult> {
  const subject = await loadSubject('direct')
  return runHistory({ ...QUIET, ...plan }, { subject, recorded: true })
}

/** What callers were told, in order, the last word of the healed world aside. */
function words(result: HistoryResult): readonly string[] {
  return result.lines
    .filter(({ what, at }) => what.includes(': told ') && at < 2_000_000)
    .map(({ who, what }) => `${who} ${what}`)
}

test('a write that fails after another process has written does not overwrite what that one wrote', async () => {
  const result = await history({
    manner: { ...QUIET.manner, slowness: 'slow' },
    // The first process hangs in its first write; meanwhile the second one sends, and its server is at work.
    actions: [act(0, 0, 'run'), act(10, 1, 'run')],
    script: { writes: { '0:0': 'store: set hangs, lost' } },
  })
  expect(result.violations).toEqual([])
  expect(words(result)).toHaveLength(3)
  expect(words(result).every(word => word.includes('told executed'))).toBe(true)
})

test('a success that comes after its attempt was given up is told, although the run was writing just then', async () => {
  const result = await history({
    seed: 9,
    ignoresAbort: true,
    manner: { ...QUIET.manner, inProgress: 'bare-409', statusLagMs: undefined, slowness: 'slow' },
    actions: [act(0, 0, 'run')],
    script: {
      sends: [undefined, 'request lost', 'request lost'],
      writes: { '0:1': 'store: set hangs, lands', '0:2': 'store: set hangs, lost' },
    },
  })
  expect(result.counts.get('abort ignored')).toBeGreaterThan(0)
  expect(result.violations).toEqual([])
  expect(words(result)[0]).toContain('told executed')
})

test('a key that the server may have forgotten is not sealed: what was executed is not told to be cancelled', async () => {
  const result = await history({
    actions: [act(0, 0, 'run'), act(RETENTION_MS + 10_000, 0, 'cancel')],
    manner: { ...QUIET.manner, statusLagMs: undefined },
    healedAt: RETENTION_MS + 60_000,
    script: { sends: ['answer lost', 'answer lost', 'answer lost'] },
  })
  expect(result.violations).toEqual([])
  expect(words(result)[1]).toContain('cancel: told unknown (key-expired')
})

test('a redirect is not followed when another user has logged in since', async () => {
  const result = await history({
    seed: 3,
    actions: [act(0, 0, 'run'), act(1, 0, 'other user', { ms: 5_000 })],
    script: { sends: ['redirect 307 own'] },
  })
  expect(result.violations).toEqual([])
})

test('callers get no result of another payload when their claim is lost', async () => {
  const result = await history({
    actions: [
      act(0, 0, 'run'),
      act(1, 0, 'freeze', { ms: 5_000 }),
      act(2, 1, 'clear by force'),
      act(3, 1, 'run', { item: 'lamp' }),
    ],
    // The refusal waits for the thaw, when the record is another generation's, with another payload.
    script: { sends: ['gateway 404 before'] },
  })
  expect(result.violations).toEqual([])
  expect(words(result)[1]).toContain('p0.0 run: told executed (payload-mismatch')
})

test('a cancel that finds nothing stored stops the run that is about to write', async () => {
  const result = await history({
    actions: [act(0, 0, 'run'), act(1, 0, 'cancel')],
    script: { writes: { '0:0': 'store: slow' } },
  })
  expect(result.violations).toEqual([])
  expect(
    words(result)
      .slice(0, 2)
      .every(word => word.includes('told not-executed (sealed')),
  ).toBe(true)
})

test('a caller that aborts while its first write is not acknowledged is not told that nothing happened', async () => {
  const result = await history({
    seed: 5,
    // The write is there, so the second process takes the record over when its lease has ended.
    actions: [act(0, 0, 'run and abort', { ms: 14_500 }), act(11_000, 1, 'run')],
    script: { writes: { '0:0': 'store: set hangs, lands' } },
  })
  expect(result.violations).toEqual([])
  expect(words(result)[0]).toContain('p1.1 run: told executed')
  expect(words(result)[1]).toContain('p0.0 run, aborted: told unknown')
})

test('a resume stays with the user for whom it was begun', async () => {
  const result = await history({
    persist: 'request',
    storeLatencyMs: 40,
    manner: { ...QUIET.manner, statusLagMs: undefined },
    actions: [
      act(0, 0, 'run'),
      act(60_000, 1, 'resume and send'),
      act(60_001, 1, 'other user', { ms: 5_000 }),
    ],
    healedAt: 120_000,
    script: { sends: ['answer lost', 'answer lost', 'answer lost'] },
  })
  expect(result.violations).toEqual([])
})

test('a success that comes when its generation was dropped is not written over the next one', async () => {
  const result = await history({
    actions: [
      act(0, 0, 'run'),
      act(1, 0, 'freeze', { ms: 5_000 }),
      act(2, 1, 'clear by force'),
      act(3, 1, 'run'),
    ],
    // Its body is cut, so that the run would read it again.
    script: { sends: ['cut at the head'] },
  })
  expect(result.counts.get('event: late-success')).toBe(1)
  expect(result.violations).toEqual([])
})

test('a success that this run saw itself is told, although another had stored one before and the store hangs', async () => {
  const result = await history({
    seed: 2,
    rememberMs: 1_000,
    // The operator tells it first; its result is remembered no longer, so the run reads it again by itself.
    actions: [act(0, 0, 'run'), act(4_000, 0, 'conclude')],
    script: { sends: ['answer lost'], writes: { '0:4': 'store: set hangs, lands' } },
  })
  expect(result.counts.get('store: set hangs, lands')).toBe(1)
  expect(result.violations).toEqual([])
  expect(words(result)[0]).toContain('told executed')
})

test('a runner that wakes up to find another generation does not take the word on the old key for its own', async () => {
  const result = await history({
    // The first key is declined, the second is executed, both after seconds of "still processing".
    seed: 6,
    manner: { ...QUIET.manner, slowness: 'slow', declines: 0.5 },
    actions: [
      act(0, 1, 'run'),
      act(700, 1, 'freeze', { ms: 26_500 }),
      act(13_000, 0, 'run'),
      act(16_000, 0, 'run'),
      act(17_000, 0, 'crash'),
    ],
  })
  expect(result.violations).toEqual([])
  expect(words(result).slice(0, 2)).toEqual([
    'p0.0 run: told not-executed (rejected, key-1-0)',
    'p1.1 run: told executed (data, key-0-0)',
  ])
})

test.each([
  [2, 'not-executed (rejected', 'unknown (forgotten, key-0-0)'],
  [7, 'executed (data', 'executed (data, key-1-0)'],
] as const)(
  'a run whose record was dropped tells only a success of what another call began (seed %i: %s)',
  async (seed, other, own) => {
    const result = await history({
      // The first key is executed.
      seed,
      manner: { ...QUIET.manner, slowness: 'slow', declines: 0.5 },
      actions: [
        act(0, 0, 'run'),
        act(700, 0, 'freeze', { ms: 26_500 }),
        act(1_000, 1, 'forget by force'),
        act(1_100, 1, 'run'),
      ],
      script: { sends: ['answer lost'] },
    })
    expect(result.violations).toEqual([])
    expect(words(result).slice(0, 2)).toEqual([`p1.1 run: told ${other}, key-1-0)`, `p0.0 run: told ${own}`])
  },
)

test.each([
  ['its claim and its first send', 'forget by force', '1:1'],
  ['its first look and its claim', 'clear by force', '1:0'],
] as const)(
  'what is dropped between %s (%s) is not begun anew under another key',
  async (_when, drop, write) => {
    const result = await history({
      // The first process dies with its order executed; the second takes it up, and writes slowly.
      actions: [act(0, 0, 'run'), act(100, 0, 'crash'), act(30_000, 1, 'run'), act(30_010, 0, drop)],
      script: { sends: ['answer lost'], writes: { [write]: 'store: slow' } },
    })
    expect(words(result)[0]).toBe('p1.1 run: told unknown (forgotten, key-0-0)')
    expect(result.violations).toEqual([])
  },
)

test('a call that has taken an operation up gets the failure that is told from outside then', async () => {
  const result = await history({
    actions: [act(0, 0, 'run'), act(100, 0, 'crash'), act(30_000, 1, 'run'), act(30_010, 0, 'conclude')],
    script: { sends: ['request lost'], writes: { '1:1': 'store: slow' } },
  })
  expect(words(result)[0]).toBe('p1.1 run: told not-executed (rejected, key-0-0)')
  expect(result.violations).toEqual([])
})

test('a run whose callers were told that the store does not come back sends nothing when it does', async () => {
  const result = await history({
    seed: 3,
    manner: { ...QUIET.manner, inProgress: 'bare-409', statusLagMs: undefined, slowness: 'slow' },
    actions: [act(0, 0, 'run'), act(6_000, 0, 'crash'), act(30_000, 1, 'run')],
    // The server is at work when the first process dies; the second hangs in its write-ahead.
    script: { sends: ['answer lost'], writes: { '1:1': 'store: set hangs, lands' } },
  })
  expect(result.counts.get('store: set hangs, lands')).toBe(1)
  expect(words(result)[0]).toBe('p1.1 run: told unknown (store-failed, key-0-0)')
  expect(result.violations).toEqual([])
})

test('a caller that has joined a resume is not stopped by another resume', async () => {
  const result = await history({
    persist: 'request',
    manner: { ...QUIET.manner, slowness: 'slow', inProgress: 'bare-409' },
    actions: [
      act(0, 0, 'run'),
      act(100, 0, 'crash'),
      act(30_000, 1, 'resume and send'),
      act(30_010, 1, 'run'),
      act(30_020, 1, 'resume and send'),
    ],
    script: { sends: ['request lost'] },
  })
  expect(result.counts.get('event: joined')).toBe(1)
  expect(words(result)[0]).toBe('p1.1 run: told executed (data, key-0-0)')
  expect(result.violations).toEqual([])
})

test.each([
  ['not executed, where it is stored at last', 'told not-executed (rejected', {}],
  ['unknown, where it is not', 'told unknown (store-failed', { '0:2': 'store: down' }],
] as const)(
  'a refusal that the store would not take is not sent on by a resume that knows nothing of it: %s',
  async (_what, word, second) => {
    const result = await history({
      persist: 'request',
      manner: { ...QUIET.manner, declines: 1 },
      actions: [act(0, 0, 'run'), act(30_000, 1, 'resume and send')],
      script: { writes: { '0:1': 'store: down', ...second } },
    })
    expect(words(result)[0]).toContain(`p0.0 run: ${word}`)
    expect(result.violations).toEqual([])
  },
)

test('a success that comes while its run lets go is stored before it is told', async () => {
  const result = await history({
    storeLatencyMs: 40,
    manner: { ...QUIET.manner, slowness: 'slow', inProgress: 'bare-409' },
    // Its time is up when it wakes, and the answer waits for it.
    actions: [act(0, 0, 'run'), act(150, 0, 'freeze', { ms: 40_000 })],
  })
  expect(result.violations).toEqual([])
  expect(words(result)[0]).toBe('p0.0 run: told executed (data, key-0-0)')
})

test('a run whose record was cleared by force is not told that a `cancel` which found nothing stopped it', async () => {
  const result = await history({
    actions: [act(0, 0, 'run'), act(1_000, 1, 'clear by force'), act(2_000, 1, 'cancel')],
    script: { sends: ['answer lost'] },
  })
  expect(words(result).slice(0, 2)).toEqual([
    'p1.1 cancel: told not-executed (sealed, no key)',
    'p0.0 run: told unknown (forgotten, key-0-0)',
  ])
})

test('a clock that is put right expires a key for as long as the server is silent: days of sleep look the same (seed 9017152)', async () => {
  const result = await history({
    manner: { ...QUIET.manner, hasDate: true, statusLagMs: undefined },
    edges: {
      ...NO_EDGES,
      clocksOffMs: -172_800_000,
      actions: [{ at: 16_000, slot: 0, kind: 'clock put right', ms: 0 }],
    },
    hasWildClock: true,
    actions: [
      // Two answers, by which the server's time is known at the first send of the third.
      act(0, 0, 'run', { op: 'b' }),
      act(1_000, 0, 'run', { op: 'c' }),
      act(10_000, 0, 'run'),
      // The same process has heard nothing since; then another operation's answer tells the time.
      act(30_000, 0, 'run'),
      act(40_000, 0, 'run', { op: 'd' }),
      act(50_000, 0, 'run'),
    ],
    script: { sends: [undefined, undefined, 'answer lost', 'gateway 429 before'] },
  })
  expect(result.violations).toEqual([])
  expect(words(result).slice(2, 6)).toEqual([
    'p0.0 run: told unknown (key-expired, key-0-2)',
    'p0.0 run: told unknown (key-expired, key-0-2)',
    'p0.0 run: told executed (data, key-0-3)',
    'p0.0 run: told executed (data, key-0-2)',
  ])
})

/* Others that long runs found, whole: by their seed. */
test.each([
  [911036762, 'a runner whose store fails does not say of what another holds that it was not executed'],
  [911039972, 'inspect does not say it either'],
  [933057790, 'after the alarm of one generation the success of the next is stored'],
  [911002721, 'a success that an answer proves after `conclude` told it is told, though the store hangs'],
  [1010095153, 'a run whose record was cleared by force does not begin another key'],
  [
    1100069758,
    'who could not claim keeps to what it was about: `forget` there, and a store that fails, prove nothing',
  ],
  [1100074626, 'what another runner took over while this one let go may be executed yet'],
  [1310035934, 'who lets go, and hears of it seconds later, does not know that nobody took it up meanwhile'],
  [1530080419, 'a first write that is found out about late says nothing of what others did meanwhile'],
  [2500051911, 'who hears late that it could not claim does not know what others did meanwhile'],
  [1860073630, 'a run that a call has joined makes way for no other: who joined is not told of an abort'],
  [8320024180, 'what another concluded without a key is not read again under none'],
  [9920001618, 'a webhook without a key, about an earlier one, is believed: its result names that key'],
  [
    8420030042,
    'a call that looks once more before it says "not executed" is not given the result of another payload',
  ],
  [922018033, 'who could not claim does not say that a stored request was not executed: a resume sends it'],
])('seed %i: %s', async seed => {
  const result = await runHistory(planOf(seed, 'model'), {
    subject: await loadSubject('direct'),
    recorded: false,
  })
  expect(result.violations).toEqual([])
})

/* Others, by their plans, since the worlds that their seeds make are others now. */
const kept = JSON.parse(readFileSync(new URL('kept-plans.json', import.meta.url), 'utf8')) as readonly {
  readonly why: string
  readonly plan: Plan
}[]

test.each(kept)('$plan.seed: $why', async ({ plan }) => {
  const result = await runHistory(plan, { subject: await loadSubject('direct'), recorded: false })
  expect(result.violations).toEqual([])
})
