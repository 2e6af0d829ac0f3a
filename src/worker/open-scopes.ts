import { allScopesPrefix, scopePrefixOfKey } from '../core/names/identity.ts'
import type { ClientCore } from '../client/client-core.ts'
import { openRecords, openScopes } from '../client/stored/patient-journal.ts'
import type { ListedRecord } from '../public/store.ts'

/*
 * What is open, in the order in which a worker looks at it: the oldest first within a scope, and the scopes in turn.
 *
 *   all scopes, one after another --> at most 8 lanes, a scope each --> one record of each lane in turn
 *
 * A lane is a listing of its scope, of which the store holds little at a time. A scope that has had `batchSize` records makes
 * way where another one waits, and goes on where it was when all others have had their turn: nobody waits behind the 10,000
 * operations of somebody else, and none of the 10,000 is never come by, however many before it cannot be taken up.
 *
 * A round is over when each record that was open when its scope had its turn was given once. The scopes are looked for again
 * while lanes are long, so that what comes new need not wait for their end. What such an extra lane gives is no part of the
 * round, whose end waits for none of them: it would never come where they are many.
 */

const MOST_LANES = 8

/** Listings that are kept for scopes that made way, at most: then one that is long goes on. */
const MOST_PARKED = 24

/** `isExtra`: it is no part of the round, and may have been given in it before. */
export type Given = { readonly record: ListedRecord; readonly isExtra: boolean }

type Lane = {
  readonly scope: string
  readonly records: AsyncGenerator<ListedRecord>
  /** The next one, asked for ahead: lanes wait for the store beside each other. */
  ahead: Promise<IteratorResult<ListedRecord>>
  /** Records that it has given since it last made way. */
  given: number
  /** The scope was found while the lanes of the round were long. */
  readonly isExtra: boolean
}

export class OpenScopes {
  readonly #core: ClientCore
  readonly #batchSize: number
  #lanes: Lane[] = []
  /** Scopes that made way, the one that waits longest first. */
  #parked: Lane[] = []
  #turn = 0
  /** Where a lane was left, whose turn the next one takes over. */
  #gap: number | undefined
  #scopes: AsyncGenerator<string> | undefined
  /** The next one that has no lane. */
  #waiting: string | undefined
  /** All scopes were come by. */
  #isThrough = false
  /** The scopes are looked for again in the same round. */
  #isAgain = false
  /** Records that were given since all scopes were come by. */
  #givenSince = 0
  /** What it cost to find the scopes, in records: a store that cannot list them lists all that is open. */
  #cost = 0
  readonly #onRound: () => void

  /** `onRound`: a round is over. */
  constructor(core: ClientCore, batchSize: number, onRound: () => void) {
    this.#core = core
    this.#batchSize = batchSize
    this.#onRound = onRound
  }

  /** The next record in turn; undefined where a round is over. Rejects where the store fails. */
  async next(): Promise<Given | undefined> {
    try {
      return await this.#next()
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Lets go of all listings. */
  async close(): Promise<void> {
    const all: AsyncGenerator[] = [...this.#lanes, ...this.#parked].map(({ records }) => records)
    if (this.#scopes !== undefined) all.push(this.#scopes)
    this.#lanes = []
    this.#parked = []
    this.#gap = undefined
    this.#beginAnew()
    this.#isAgain = false
    await Promise.allSettled(all.map(listing => listing.return(undefined)))
  }

  async #next(): Promise<Given | undefined> {
    for (;;) {
      await this.#fill()
      const lane = this.#lanes[this.#turn % Math.max(1, this.#lanes.length)]
      if (lane === undefined || this.#isRoundOver) {
        await this.close()
        this.#onRound()
        return undefined
      }
      if (lane.given >= this.#batchSize && (await this.#makesWay(lane))) {
        await this.#park(lane)
        continue
      }
      const { done, value } = await lane.ahead
      if (done === true) {
        this.#leave(lane)
        continue
      }
      lane.ahead = askedFor(lane.records)
      lane.given += 1
      this.#givenSince += 1
      this.#turn = (this.#lanes.indexOf(lane) + 1) % this.#lanes.length
      if (this.#isThrough && this.#givenSince >= Math.max(this.#batchSize, this.#cost / 4)) {
        this.#beginAnew()
        this.#isAgain = true
      }
      return { record: value, isExtra: lane.isExtra }
    }
  }

  get #isRoundOver(): boolean {
    return this.#isAgain && this.#parked.length === 0 && this.#lanes.every(({ isExtra }) => isExtra)
  }

  async #fill(): Promise<void> {
    while (this.#lanes.length < MOST_LANES) {
      const lane = (await this.#hasWaiting()) ? this.#opened() : this.#parked.shift()
      if (lane === undefined) return
      this.#lanes.splice(this.#gap ?? this.#lanes.length, 0, lane)
      this.#gap = undefined
    }
  }

  #opened(): Lane {
    const scope = this.#waiting ?? ''
    this.#waiting = undefined
    const records = openRecords(this.#core, scope)
    return { scope, records, ahead: askedFor(records), given: 0, isExtra: this.#isAgain }
  }

  async #makesWay({ isExtra }: Lane): Promise<boolean> {
    if (!isExtra && this.#parked.length >= MOST_PARKED) return false
    return this.#parked.length > 0 || this.#hasWaiting()
  }

  /** What an extra lane has left is come by in the next round. */
  async #park(lane: Lane): Promise<void> {
    this.#leave(lane)
    lane.given = 0
    if (lane.isExtra) await lane.records.return(undefined)
    else this.#parked.push(lane)
  }

  #leave(lane: Lane): void {
    const at = this.#lanes.indexOf(lane)
    this.#lanes.splice(at, 1)
    this.#turn = at
    this.#gap = at
  }

  async #hasWaiting(): Promise<boolean> {
    while (this.#waiting === undefined && !this.#isThrough) {
      this.#scopes ??= this.#allScopes()
      const { done, value } = await this.#scopes.next()
      if (done === true) {
        this.#isThrough = true
        this.#givenSince = 0
      } else if (!this.#isUnderWay(value)) this.#waiting = value
    }
    return this.#waiting !== undefined
  }

  #isUnderWay(scope: string): boolean {
    return [this.#lanes, this.#parked].some(lanes => lanes.some(lane => lane.scope === scope))
  }

  #beginAnew(): void {
    this.#scopes = undefined
    this.#waiting = undefined
    this.#isThrough = false
    this.#givenSince = 0
  }

  /** Where the records of each scope begin that has some. */
  #allScopes(): AsyncGenerator<string> {
    return openScopes(this.#core) ?? this.#listedScopes()
  }

  async *#listedScopes(): AsyncGenerator<string> {
    const found = new Set<string>()
    let listed = 0
    for await (const { key } of openRecords(this.#core, allScopesPrefix)) {
      listed += 1
      const scope = scopePrefixOfKey(key)
      if (scope !== undefined) found.add(scope)
    }
    this.#cost = listed
    yield* found
  }
}

/** A failure goes to whoever takes what was asked for. */
function askedFor(records: AsyncGenerator<ListedRecord>): Lane['ahead'] {
  const ahead = records.next()
  ahead.catch(() => {})
  return ahead
}
