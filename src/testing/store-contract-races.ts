import type { RecordStore } from '../public/store.ts'
import {
  create,
  must,
  OPEN,
  same,
  SETTLED,
  storeCase,
  type StoreCase,
  type Trial,
} from './store-contract-case.ts'

const RACERS = 16

/** Concurrent writers: one wins, and all others learn that they lost. */
export const raceCases: readonly StoreCase[] = [
  storeCase('of many first writes at once one wins', trial => raceToCreate(trial, () => trial.store)),

  storeCase('of many first writes at once by two handles one wins', trial =>
    raceToCreate(trial, racer => (racer % 2 === 0 ? trial.store : trial.other)),
  ),

  storeCase('of many writes over one version one wins', async trial => {
    const { store, other, key } = trial
    const version = await create(store, key('a'), 'first', OPEN)
    const racers = Array.from({ length: RACERS }, (_, racer) => ({
      racer,
      store: racer % 2 === 0 ? store : other,
    }))
    const won = await Promise.all(
      racers.map(each => each.store.set(key('a'), `racer ${each.racer}`, { expected: version, ...OPEN })),
    )
    await expectOneWinner(trial, won)
  }),

  storeCase('of many deletes of one version one wins', async ({ store, other, key }) => {
    const version = await create(store, key('a'), 'first', OPEN)
    const deletes = Array.from({ length: RACERS }, (_, racer) =>
      (racer % 2 === 0 ? store : other).delete(key('a'), { expected: version }),
    )
    same(
      (await Promise.all(deletes)).filter(Boolean).length,
      1,
      `The count of winners among ${RACERS} deletes`,
    )
  }),

  storeCase('of a write and a delete of one version one wins', async ({ store, other, key }) => {
    for (let round = 0; round < 10; round += 1) {
      const name = key(`${round}`)
      const version = await create(store, name, 'first', OPEN)
      const write = () => store.set(name, 'second', { expected: version, ...SETTLED })
      const remove = () => other.delete(name, { expected: version })
      const begun =
        round % 2 === 0 ? { write: write(), remove: remove() } : { remove: remove(), write: write() }
      const [wrote, removed] = await Promise.all([begun.write, begun.remove])
      must(
        (wrote === undefined) === removed,
        `Of a write and a delete at once one must win; the write gave ${String(wrote)}, the delete ${String(removed)}`,
      )
      same(
        (await store.get(name))?.value,
        removed ? undefined : 'second',
        'get after a write and a delete at once',
      )
    }
  }),

  storeCase(
    'no update is lost among writers that read, write and try again',
    async ({ store, other, key }) => {
      const name = key('counter')
      await create(store, name, '0', OPEN)
      await Promise.all(
        Array.from({ length: 8 }, async (_, racer) => {
          for (let round = 0; round < 5; round += 1) await increment(racer % 2 === 0 ? store : other, name)
        }),
      )
      same((await store.get(name))?.value, '40', 'A counter after 8 writers added 1 five times each')
    },
  ),
]

async function raceToCreate(trial: Trial, handle: (racer: number) => RecordStore): Promise<void> {
  const racers = Array.from({ length: RACERS }, (_, racer) =>
    handle(racer).set(trial.key('a'), `racer ${racer}`, { expected: null, ...OPEN }),
  )
  await expectOneWinner(trial, await Promise.all(racers))
}

async function expectOneWinner({ store, key }: Trial, won: readonly (string | undefined)[]): Promise<void> {
  const winners = won.flatMap((version, racer) => (version === undefined ? [] : [racer]))
  same(winners.length, 1, `The count of winners among ${RACERS} writes at once`)
  const found = await store.get(key('a'))
  same(found?.value, `racer ${winners[0]}`, 'The value after a race, which is the winner’s,')
  same(found?.version, won[winners[0] ?? 0], 'The version after a race, which is the winner’s,')
}

async function increment(store: RecordStore, key: string): Promise<void> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const found = await store.get(key)
    must(found !== undefined, 'get during a race must give the record; it gave nothing')
    const next = String(Number(found.value) + 1)
    if ((await store.set(key, next, { expected: found.version, ...OPEN })) !== undefined) return
  }
  must(false, 'Of writers at once one must win; one of 8 lost 1,000 times in a row')
}
