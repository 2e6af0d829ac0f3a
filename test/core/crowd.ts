import type { Said, WatchEvent } from '../../src/core/watching/watch-state.ts'
import { nothingWatched } from '../../src/core/watching/watch-state.ts'
import { watchStep } from '../../src/core/watching/watch-step.ts'

/* A crowd of clients through an outage, each with its own watch; only time and chance are not real. */

const OPERATIONS = 200
const OUTAGE_MS = 600_000
/** How long the server takes to answer, and a dead one to fail, ms. */
const ANSWER_MS = 200

/** Numbers that look random, the same at every run: a linear congruential generator, with the constants of Park and Miller. */
function chance(seed: number): () => number {
  let state = (seed + 1) * 16_807
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** When one client asked, ms: its operations were all sent, and lost, as the outage began. */
function asksOf(client: number): readonly number[] {
  const random = chance(client)
  const asks: number[] = []
  const looks: { readonly key: string; readonly endMs: number }[] = []
  let state = nothingWatched
  let dueMs: number | undefined
  let nowMs = 0
  const take = (event: WatchEvent) => {
    const [next, commands] = watchStep(state, event, { ms: nowMs, random: random() })
    state = next
    dueMs = undefined
    for (const command of commands) {
      if (command.do === 'wait') dueMs = nowMs + command.delayMs
      else {
        asks.push(nowMs)
        looks.push({ key: command.key, endMs: nowMs + ANSWER_MS })
      }
    }
  }
  for (let index = 0; index < OPERATIONS; index++) {
    nowMs = index * 10
    take({ type: 'found', key: `order-${index}`, origin: 'https://shop.test', when: 'later' })
  }
  for (;;) {
    const [look] = looks
    if (look !== undefined && (dueMs === undefined || look.endMs <= dueMs)) {
      looks.shift()
      nowMs = look.endMs
      const isDown = nowMs - ANSWER_MS < OUTAGE_MS
      const said: Said = { kind: isDown ? 'unreachable' : 'known' }
      take({ type: 'looked', key: look.key, said })
      continue
    }
    if (dueMs === undefined) return asks
    nowMs = dueMs
    take({ type: 'due' })
  }
}

/** Requests in each second. */
function bySecond(times: readonly number[]): readonly number[] {
  const counts: number[] = []
  for (const ms of times) {
    const second = Math.floor(ms / 1_000)
    while (counts.length <= second) counts.push(0)
    counts[second] = (counts[second] ?? 0) + 1
  }
  return counts
}

/** What a crowd asks of its server: during the outage, and in each second of its return. */
export function crowdOf(clients: number) {
  const all: number[] = []
  for (let client = 0; client < clients; client++) all.push(...asksOf(client))
  const during = all.filter(ms => ms < OUTAGE_MS)
  const afterwards = bySecond(all.filter(ms => ms >= OUTAGE_MS).map(ms => ms - OUTAGE_MS))
  const asked = afterwards.reduce((sum, count) => sum + count, 0)
  return {
    asked,
    // Each was sent once, before it was watched.
    perOperation: 1 + during.length / (clients * OPERATIONS),
    highestOfMean: Math.max(...afterwards) / (asked / afterwards.length),
    seconds: afterwards.length,
  }
}
