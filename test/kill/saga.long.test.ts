import { describe, expect, test } from 'vitest'
import type { Kill, Story } from '../../examples/saga/kills.ts'
import { booked, killsOf, play } from '../../examples/saga/kills.ts'

const DONE = ['flight booked', 'hotel booked', 'car booked']
const UNDONE = ['flight booked', 'hotel booked', 'car declined', 'hotel cancelled', 'flight cancelled']

/** Kills of a story as one trial shows them, two workers at a time. */
async function playAll(
  story: Story,
  kills: readonly Kill[],
): Promise<readonly (Awaited<ReturnType<typeof play>> & { readonly kill: Kill })[]> {
  const waiting = [...kills]
  const trials: (Awaited<ReturnType<typeof play>> & { readonly kill: Kill })[] = []
  const lane = async () => {
    for (let kill = waiting.shift(); kill !== undefined; kill = waiting.shift())
      trials.push({ ...(await play(story, kill)), kill })
  }
  await Promise.all([lane(), lane()])
  return trials
}

describe('a saga whose process is killed at each step', { timeout: 240_000 }, () => {
  test('all three are executed, each once', async () => {
    const story: Story = { name: 'all', moods: {} }
    const whole = await play(story)
    expect(whole).toMatchObject({ ends: [{ kind: 'done' }], ledger: DONE, events: 12, works: 3 })
    const trials = await playAll(story, killsOf(whole))

    expect(trials).toHaveLength(18)
    for (const { kill, ledger, ends } of trials) {
      expect(ends, JSON.stringify(kill)).toEqual([undefined, { kind: 'done' }])
      expect(ledger, JSON.stringify(kill)).toEqual(DONE)
    }
  })

  test('one is refused: each executed one is undone, once', async () => {
    const story: Story = { name: 'sold out', moods: { car: 'declines' } }
    const whole = await play(story)
    expect(whole).toMatchObject({
      ends: [{ kind: 'undone', because: 'car' }],
      ledger: UNDONE,
      events: 20,
      works: 5,
    })
    const trials = await playAll(story, killsOf(whole))

    expect(trials).toHaveLength(30)
    for (const { kill, ledger, ends } of trials) {
      expect(ends[0], JSON.stringify(kill)).toBeUndefined()
      expect(ends.at(-1), JSON.stringify(kill)).toEqual({ kind: 'undone', because: 'car' })
      // A refusal that no replay confirms may be another delivery's: then the saga waits, and is taken up once more.
      for (const end of ends.slice(1, -1)) expect(end).toEqual({ kind: 'waiting', step: 'car' })
      expect(ledger, JSON.stringify(kill)).toEqual(UNDONE)
    }
  })

  test('one is unknown: the saga waits, undoes nothing, and goes on when it is known', async () => {
    const executed = await play({ name: 'lost', moods: { hotel: 'mute' }, later: { hotel: 'books' } })
    expect(executed.ends).toEqual([{ kind: 'waiting', step: 'hotel' }, { kind: 'done' }])
    expect(executed.ledger).toEqual(DONE)

    const kill: Kill = { at: 'after', nth: 2 }
    const killed = await play({ name: 'lost', moods: { hotel: 'mute' }, later: { hotel: 'books' } }, kill)
    expect(killed.ends).toEqual([undefined, { kind: 'waiting', step: 'hotel' }, { kind: 'done' }])
    expect(booked(killed.ledger)).toEqual(['flight', 'hotel', 'car'])
  })
})
