import { allScopesPrefix, scopePrefixOfKey } from '../core/names/identity.ts'
import type { ClientCore } from '../client/client-core.ts'
import { openRecords, openScopes } from '../client/stored/patient-journal.ts'
import type { ListedRecord } from '../public/store.ts'

/*
 * Open operations, in the order in which a worker looks at them: oldest first within a scope, and the scopes in turn.
 *
 *   all scopes, one after another --> at most 8 lanes, a scope each --> one record of each lane in turn
 *
 * A lane is a listing of its scope, which takes little memory at a time. After `batchSize` records a lane makes way
 * if another scope waits, and continues where it stopped when all others have had their turn. So no scope waits
 * behind the 10,000 operations of another one, and each of the 10,000 is reached, however many before it cannot be
 * taken up.
 *
 * A round is over when each record that was open when its scope had its turn was returned once. While lanes are long,
 * the scopes are listed again, so that new records need not wait for the end of the lanes. The lanes for these scopes
 * are extra: their records are not part of the round, and the round does not wait for them, because with many extra
 * lanes it would never end.
 */

const MOST_LANES = 8

/** At most this many scopes that made way keep their listing. At this limit a long lane continues instead. */
const MOST_PARKED = 24

/** `isExtra`: the record is not part of the round, and may already have been returned in it. */
export type Given = { readonly record: ListedRecord; readonly isExtra: boolean }

type Lane = {
  readonly scope: string
  readonly records: AsyncGenerator<ListedRecord>
  /** The next record, requested ahead, so that all lanes wait for the store at the same time. */
  ahead: Promise<IteratorResult<ListedRecord>>
  /** How many records the lane has returned since it last made way. */
  given: number
  /** The scope was found while the lanes of the round were long. */
  readonly isExtra: boolean
}

export class OpenScopes {
  readonly #core: ClientCore
  readonly #batchSize: number
  #lanes: Lane[] = []
  /** Lanes that made way; the one that has waited longest is first. */
  #parked: Lane[] = []
  #turn = 0
  /** Where a lane was removed. The next lane takes over its turn. */
  #gap: number | undefined
  #scopes: AsyncGenerator<string> | undefined
  /** The next scope that has no lane. */
  #waiting: string | undefined
  /** All scopes have been visited. */
  #isThrough = false
  /** The scopes are being listed again in the same round. */
  #isAgain = false
  /** Records returned since all scopes were visited. */
  #givenSince = 0
  /** The cost of finding the scopes, in records: a store that cannot list its scopes lists all open records. */
  #cost = 0
  readonly #onRound: () => void

  /** `onRound` is called when a round is over. */
  constructor(core: ClientCore, batchSize: number, onRound: () => void) {
    this.#core = core
    this.#batchSize = batchSize
    this.#onRound = onRound
  }

  /** The next record in turn; undefined when a round is over. Rejects if the store fails. */
  async next(): Promise<Given | undefined> {
    try {
      return await this.#next()
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Closes all listings. */
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

  /** The next round visits what an extra lane has left. */
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

  /** The key prefix of each scope that has open records. */
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

/** A failure goes to the code that awaits the record. */
function askedFor(records: AsyncGenerator<ListedRecord>): Lane['ahead'] {
  const ahead = records.next()
  ahead.catch(() => {})
  return ahead
}
