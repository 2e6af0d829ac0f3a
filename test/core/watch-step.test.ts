import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lookPauseMs, tryPauseMs } from '../../src/core/watching/watch-pauses.ts'
import type { Said, WatchEvent, WatchState } from '../../src/core/watching/watch-state.ts'
import { nothingWatched } from '../../src/core/watching/watch-state.ts'
import { nextLookMs, watchStep } from '../../src/core/watching/watch-step.ts'

const SHOP = 'https://shop.test'
const BANK = 'https://bank.test'

/** A watch that is told what happens, in the middle of all jitter. */
function watch(random = 0.5) {
  let state: WatchState = nothingWatched
  let waitMs: number | undefined
  return {
    /** The keys that are looked at because of it. */
    at(ms: number, event: WatchEvent): readonly string[] {
      const [next, commands] = watchStep(state, event, { ms, random })
      state = next
      const wait = commands.find(command => command.do === 'wait')
      waitMs = wait && ms + wait.delayMs
      return commands.flatMap(command => (command.do === 'look' ? [command.key] : []))
    },
    /** When it wants to be told that time has passed. */
    get wakesAt() {
      return waitMs
    },
    next: (key: string) => nextLookMs(state, key),
  }
}

const found = (key: string, origin = SHOP, when: 'now' | 'later' = 'now'): WatchEvent => ({
  type: 'found',
  key,
  origin,
  when,
})
const looked = (key: string, kind: Said['kind'], notBeforeMs?: number): WatchEvent => ({
  type: 'looked',
  key,
  said: { kind, notBeforeMs },
})
const due: WatchEvent = { type: 'due' }

describe('the pauses', () => {
  test.each([
    [0, 2_000, 3_000, 4_000],
    [1, 4_000, 6_000, 8_000],
    [2, 8_000, 12_000, 16_000],
    [3, 15_000, 22_500, 30_000],
    [1_000_000, 15_000, 22_500, 30_000],
  ])('after %i looks that brought nothing', (looks, least, middle, most) => {
    expect([0, 0.5, 1].map(random => lookPauseMs(looks, random))).toEqual([least, middle, most])
  })

  test.each([
    [1, 1, 2_000, 4_000],
    [2, 1, 4_000, 8_000],
    [4, 1, 15_000, 30_000],
    [4, 20, 15_000, 30_000],
    [1_000_000, 20, 15_000, 30_000],
    [4, 21, 16_000, 32_000],
    [5, 21, 30_000, 60_000],
    [1_000_000, 200, 30_000, 60_000],
  ])('after %i tries in vain of a server that %i wait for', (failures, waiting, least, most) => {
    expect([0, 1].map(random => tryPauseMs(failures, waiting, random))).toEqual([least, most])
  })
})

describe('one operation', () => {
  test('is looked at at once, and after pauses that grow to half a minute', () => {
    const it = watch()
    expect(it.at(0, found('a'))).toEqual(['a'])
    const pauses: number[] = []
    let nowMs = 0
    for (let look = 0; look < 6; look++) {
      expect(it.at(nowMs, looked('a', 'answered'))).toEqual([])
      const nextMs = it.next('a')!
      expect(it.wakesAt).toBe(nextMs)
      pauses.push(nextMs - nowMs)
      nowMs = nextMs
      expect(it.at(nowMs, due)).toEqual(['a'])
    }
    expect(pauses).toEqual([3_000, 6_000, 12_000, 22_500, 22_500, 22_500])
  })

  test('that has just been tried waits for its first pause', () => {
    const it = watch()
    expect(it.at(0, found('a', SHOP, 'later'))).toEqual([])
    expect(it.next('a')).toBe(3_000)
  })

  test('is left alone for as long as the server asks, also by who comes back to the page', () => {
    const it = watch()
    it.at(0, found('a'))
    it.at(0, looked('a', 'answered', 120_000))
    expect(it.next('a')).toBe(120_000)
    expect(it.at(10_000, { type: 'woken' })).toEqual([])
    expect(it.wakesAt).toBe(120_000)
  })

  test('that another runner is at work on waits for its pause, and says nothing of the server', () => {
    const it = watch()
    it.at(0, found('a'))
    it.at(0, looked('a', 'busy'))
    expect(it.next('a')).toBe(3_000)
    expect(it.at(1_000, found('b'))).toEqual(['b'])
  })

  test('of which the outcome is known is looked at no more, and then nothing is waited for', () => {
    const it = watch()
    it.at(0, found('a'))
    expect(it.at(0, looked('a', 'known'))).toEqual([])
    expect([it.wakesAt, it.next('a')]).toEqual([undefined, undefined])
  })
})

describe('somebody comes back', () => {
  test('what waits is looked at at once, with short pauses again', () => {
    const it = watch()
    it.at(0, found('a'))
    for (let nowMs = 0, look = 0; look < 4; look++, nowMs = it.next('a')!) {
      if (look > 0) it.at(nowMs, due)
      it.at(nowMs, looked('a', 'answered'))
    }
    const lateMs = it.next('a')! - 15_000
    expect(it.at(lateMs, { type: 'woken' })).toEqual(['a'])
    it.at(lateMs, looked('a', 'answered'))
    expect(it.next('a')).toBe(lateMs + 3_000)
  })

  test('in a burst of signals, each operation is looked at once', () => {
    const it = watch(1)
    it.at(0, found('a'))
    it.at(0, looked('a', 'answered'))
    expect(it.at(10, { type: 'woken' })).toEqual([])
    expect(it.next('a')).toBe(3_000)
  })

  test('a server that is down is tried once, not once for each operation', () => {
    const it = watch()
    for (const key of ['a', 'b', 'c']) it.at(0, found(key))
    it.at(0, looked('a', 'unreachable'))
    expect(it.at(5_000, { type: 'woken' })).toHaveLength(1)
  })
})

describe('while an origin is down', () => {
  function down() {
    const it = watch()
    for (const key of ['a', 'b', 'c']) it.at(0, found(key))
    it.at(0, looked('a', 'unreachable'))
    return it
  }

  test('one operation at a time is looked at, in turn, and all are looked at then', () => {
    const it = down()
    expect(['a', 'b', 'c'].map(it.next)).toEqual([3_000, 3_000, 3_000])
    expect(it.at(3_000, due)).toEqual(['b'])
    expect(it.at(4_000, due)).toEqual([])
    it.at(4_000, looked('b', 'unreachable'))
    expect(['a', 'b', 'c'].map(it.next)).toEqual([10_000, 10_000, 10_000])
    expect(it.at(10_000, due)).toEqual(['c'])
  })

  test('another origin goes on', () => {
    const it = down()
    expect(it.at(200, found('d', BANK))).toEqual(['d'])
  })

  test('a server that says when to come back is left alone until then, whichever operation it said that to', () => {
    const it = watch()
    for (const key of ['a', 'b']) it.at(0, found(key))
    it.at(0, looked('a', 'unreachable', 90_000))
    expect(it.wakesAt).toBe(90_000)
    expect(it.at(50_000, { type: 'woken' })).toEqual([])
  })

  test.each([
    ['a page that waits for one tries each half a minute, whoever waits elsewhere', BANK, 22_500],
    ['a client that many wait with grows to a minute', SHOP, 45_000],
  ])('%s', (_, elsewhere, pauseMs) => {
    const it = watch()
    for (let index = 1; index < 30; index++) it.at(0, found(`b${index}`, elsewhere, 'later'))
    it.at(0, found('a'))
    for (let tries = 0; tries < 6; tries++) it.at(tries * 100_000, looked('a', 'unreachable'))
    expect((it.next('a') ?? 0) - 500_000).toBe(pauseMs)
  })

  test('an answer brings all back, one after the other', () => {
    const it = down()
    it.at(3_000, due)
    expect(it.at(60_000, looked('b', 'answered'))).toEqual(['c'])
    expect(it.at(60_050, due)).toEqual([])
    expect(it.wakesAt).toBe(60_100)
    expect(it.at(60_100, due)).toEqual(['a'])
  })

  test('an operation that fails alone stops no other for more than a few seconds', () => {
    const it = down()
    expect(it.at(3_000, due)).toEqual(['b'])
    it.at(3_000, looked('b', 'answered'))
    expect(it.at(3_100, due)).toEqual(['c'])
  })

  test('what fails while it is found out that the server is down is one failure', () => {
    const it = watch()
    it.at(0, found('a'))
    it.at(0, looked('a', 'answered'))
    for (const key of ['b', 'c']) it.at(100, found(key))
    it.at(200, due)
    it.at(1_000, looked('b', 'unreachable'))
    it.at(1_000, looked('c', 'unreachable'))
    expect(it.next('a')).toBe(4_000)
  })
})

test('four looks at once, at most', () => {
  const it = watch()
  it.at(0, found('first'))
  it.at(0, looked('first', 'answered'))
  const keys = Array.from({ length: 10 }, (_, index) => `order-${index}`)
  for (const key of keys) it.at(1_000, found(key))
  const begun = [1_000, 1_100, 1_200, 1_300, 1_400, 1_500].flatMap(ms => it.at(ms, due))
  expect(begun.length).toBeLessThanOrEqual(4)
  expect(it.wakesAt).toBeUndefined()
})

type Move =
  | { readonly kind: 'found'; readonly key: string; readonly isShop: boolean; readonly isNew: boolean }
  | { readonly kind: 'ended'; readonly said: Said['kind']; readonly afterMs: number | undefined }
  | { readonly kind: 'woken' | 'hinted' | 'left' | 'wait'; readonly key: string }
  | { readonly kind: 'pass'; readonly ms: number }

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ kind: fc.constant('found'), key, isShop: fc.boolean(), isNew: fc.boolean() }),
  fc.record({
    kind: fc.constant('ended'),
    said: fc.constantFrom('known', 'answered', 'unreachable', 'silent', 'busy'),
    afterMs: fc.option(fc.integer({ min: 0, max: 100_000 }), { nil: undefined }),
  }),
  fc.record({ kind: fc.constantFrom('woken', 'hinted', 'left', 'wait'), key }),
  fc.record({ kind: fc.constant('pass'), ms: fc.integer({ min: 0, max: 70_000 }) }),
)

/** A watch to which anything happens, and what it does that it must not. */
class Trial {
  readonly faults: string[] = []
  readonly #random: () => number
  #state: WatchState = nothingWatched
  #nowMs = 0
  #wakesAtMs: number | undefined
  #lastLookMs = Number.NEGATIVE_INFINITY
  #underWay: readonly string[] = []

  constructor(random: () => number) {
    this.#random = random
  }

  move(each: Move): void {
    switch (each.kind) {
      case 'found':
        return this.#take(found(each.key, each.isShop ? SHOP : BANK, each.isNew ? 'later' : 'now'))
      case 'ended': {
        const [ended, ...others] = this.#underWay
        if (ended === undefined) return
        this.#underWay = others
        const until = each.afterMs === undefined ? undefined : this.#nowMs + each.afterMs
        return this.#take(looked(ended, each.said, until))
      }
      case 'woken':
        return this.#take({ type: 'woken' })
      case 'hinted':
        return this.#take({ type: 'hinted', key: each.key })
      case 'left':
        // Who leaves while it is looked at has its look stopped.
        this.#underWay = this.#underWay.filter(other => other !== each.key)
        return this.#take({ type: 'left', key: each.key })
      case 'wait':
        if (this.#wakesAtMs === undefined) return
        this.#nowMs = this.#wakesAtMs
        return this.#take(due)
      case 'pass':
        this.#nowMs += each.ms
        return this.#take(due)
      default:
        each satisfies never
    }
  }

  #take(event: WatchEvent): void {
    const before = this.#state
    const copy = JSON.stringify([...before.operations])
    const [next, commands] = watchStep(before, event, { ms: this.#nowMs, random: this.#random() })
    this.#must(JSON.stringify([...before.operations]) === copy, 'the state before is left as it is')
    this.#state = next
    this.#wakesAtMs = undefined
    for (const command of commands) {
      if (command.do === 'look') this.#look(command.key)
      else this.#wakesAtMs = this.#nowMs + command.delayMs
    }
    const all = [...next.operations.values()]
    const isIdle = all.every(({ looking }) => looking === undefined)
    // Whatever waits is waited for, unless the end of a look comes first.
    this.#must(all.length === 0 || !isIdle || this.#wakesAtMs !== undefined, 'what waits is waited for')
    this.#must(this.#wakesAtMs === undefined || this.#wakesAtMs > this.#nowMs, 'it waits for what is to come')
    for (const name of next.operations.keys())
      this.#must((nextLookMs(next, name) ?? 0) < this.#nowMs + 200_000, 'the next look is near')
  }

  #look(name: string): void {
    const { operations, troubles } = this.#state
    const { origin, notBeforeMs } = operations.get(name)!
    const trouble = troubles.get(origin)
    const there = this.#underWay.filter(other => operations.get(other)?.origin === origin)
    this.#must(notBeforeMs <= this.#nowMs, 'an operation is left alone for as long as its server asks')
    this.#must((trouble?.notBeforeMs ?? 0) <= this.#nowMs, 'a server is left alone for as long as it asks')
    this.#must(this.#nowMs - this.#lastLookMs >= 100, 'looks keep their distance')
    this.#must(!this.#underWay.includes(name), 'an operation is looked at once at a time')
    this.#must(trouble === undefined || there.length === 0, 'where a server is down, one look asks for all')
    this.#lastLookMs = this.#nowMs
    this.#underWay = [...this.#underWay, name]
  }

  #must(isTrue: boolean, rule: string): void {
    if (!isTrue) this.faults.push(rule)
  }
}

test('whatever happens: nothing is forgotten, no server is asked before its time, and one that is down by one look at a time', () => {
  const chances = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }))
  const trials = fc.property(fc.array(move, { maxLength: 80 }), chances, (moves, chance) => {
    const trial = new Trial(() => chance.next().value)
    for (const each of moves) trial.move(each)
    expect(trial.faults).toEqual([])
  })

  expect(() => fc.assert(trials, { numRuns: 500 })).not.toThrow()
})
