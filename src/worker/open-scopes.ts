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
 * way where another one waits, and comes back when all others have had their turn: nobody waits behind the 10,000 operations of
 * somebody else. The scopes are looked for again while lanes are long, so that one which comes new need not wait for their end.
 */

const MOST_LANES = 8

type Lane = {
  readonly scope: string
  readonly records: AsyncGenerator<ListedRecord>
  /** The next one, asked for ahead: lanes wait for the store beside each other. */
  ahead: Promise<IteratorResult<ListedRecord>>
  /** Records that it has given. */
  given: number
}

export class OpenScopes {
  readonly #core: ClientCore
  readonly #batchSize: number
  #lanes: Lane[] = []
  #turn = 0
  /** Where a lane was left, whose turn the next one takes over. */
  #gap: number | undefined
  #scopes: AsyncGenerator<string> | undefined
  /** The next one that has no lane. */
  #waiting: string | undefined
  /** All scopes were come by in this round. */
  #isThrough = false
  /** Records that were given since the scopes were last looked for. */
  #givenSince = 0
  /** What it cost to find the scopes, in records: a store that cannot tell them apart lists all that is open. */
  #cost = 0
  readonly #onRound: () => void

  /** `onRound`: all scopes were come by. */
  constructor(core: ClientCore, batchSize: number, onRound: () => void) {
    this.#core = core
    this.#batchSize = batchSize
    this.#onRound = onRound
  }

  /** The next record in turn; undefined where a round is over and nothing is left of it. Rejects where the store fails. */
  async next(): Promise<ListedRecord | undefined> {
    try {
      return await this.#next()
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Lets go of all listings. */
  async close(): Promise<void> {
    const all: AsyncGenerator[] = this.#lanes.map(({ records }) => records)
    if (this.#scopes !== undefined) all.push(this.#scopes)
    this.#lanes = []
    this.#gap = undefined
    this.#beginAnew()
    await Promise.allSettled(all.map(listing => listing.return(undefined)))
  }

  async #next(): Promise<ListedRecord | undefined> {
    for (;;) {
      await this.#fill()
      const lane = this.#lanes[this.#turn % Math.max(1, this.#lanes.length)]
      if (lane === undefined) {
        this.#beginAnew()
        this.#onRound()
        return undefined
      }
      if (lane.given >= this.#batchSize && (await this.#hasWaiting())) {
        this.#leave(lane)
        await lane.records.return(undefined)
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
        this.#onRound()
      }
      return value
    }
  }

  async #fill(): Promise<void> {
    while (this.#lanes.length < MOST_LANES && (await this.#hasWaiting())) {
      const scope = this.#waiting ?? ''
      this.#waiting = undefined
      const records = openRecords(this.#core, scope)
      const lane = { scope, records, ahead: askedFor(records), given: 0 }
      this.#lanes.splice(this.#gap ?? this.#lanes.length, 0, lane)
      this.#gap = undefined
    }
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
      if (done === true) this.#isThrough = true
      else if (!this.#lanes.some(({ scope }) => scope === value)) this.#waiting = value
    }
    return this.#waiting !== undefined
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

/** A failure is told to whoever takes what was asked for. */
function askedFor(records: AsyncGenerator<ListedRecord>): Lane['ahead'] {
  const ahead = records.next()
  ahead.catch(() => {})
  return ahead
}
