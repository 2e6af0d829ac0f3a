import { describe, expect, test } from 'vitest'
import { nothingKnown } from '../../src/core/run/knowledge.ts'
import { turn } from '../../src/core/run/next.ts'
import { whereOnline } from '../../src/core/run/offline.ts'
import type { OfflineHint } from '../../src/core/run/offline-hint.ts'
import { frozen } from './samples.ts'
import { at } from './stepped-run.ts'

const LEAVES = { follows: { decision: 'turn' }, commands: [] }

/** What becomes of a send or an ask `ms` after the run began, with 120 s to its deadline. */
function after(ms: number, what: 'safe' | 'in-doubt', offline?: OfflineHint, online = false) {
  const knows = frozen({ ...nothingKnown(120_000), offline })
  return whereOnline(knows, { ...at(ms), online }, what, leaving => turn(leaving))
}

function waits(delayMs: number) {
  return { does: { name: 'offline' }, commands: [{}, {}, { do: 'wait-online', delayMs }] }
}

describe('while the runtime says that it is offline', () => {
  test('a try waits for ten seconds, and for no more than half of the time that is left', () => {
    expect(after(0, 'safe')).toMatchObject({
      ...waits(10_000),
      knows: { offline: { tryMs: 10_000, pauseMs: 10_000 } },
    })
    expect(after(105_000, 'safe')).toMatchObject(waits(7_500))
  })

  test('a wait that ends too soon goes on to the same moment', () => {
    const hint = { tryMs: 10_000, pauseMs: 10_000 }
    expect(after(4_000, 'safe', hint)).toMatchObject({ ...waits(6_000), knows: { offline: hint } })
  })

  test('then it leaves, and the next pause is twice as long', () => {
    expect(after(10_000, 'safe', { tryMs: 10_000, pauseMs: 10_000 })).toMatchObject({
      ...LEAVES,
      knows: { offline: { tryMs: 30_000, pauseMs: 20_000 } },
    })
  })

  test('a try past the deadline is none: the deadline is waited for', () => {
    expect(after(71_000, 'safe', { tryMs: 150_000, pauseMs: 80_000 })).toMatchObject(waits(49_000))
  })

  test('what may end in doubt never leaves, whatever wakes the run', () => {
    expect(after(0, 'in-doubt')).toMatchObject(waits(120_000))
    expect(after(50_000, 'in-doubt', { tryMs: 10_000, pauseMs: 10_000 })).toMatchObject(waits(70_000))
  })
})

test('online everything leaves, and the hint is forgotten', () => {
  for (const what of ['safe', 'in-doubt'] as const)
    expect(after(4_000, what, { tryMs: 10_000, pauseMs: 10_000 }, true)).toMatchObject({
      ...LEAVES,
      knows: { offline: undefined },
    })
})
