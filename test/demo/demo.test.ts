import { expect, test } from 'vitest'
import { startDemo } from '../../examples/demo/demo.ts'
import { lifeOf, mostEventful } from '../../examples/demo/report/life.ts'
import { pictureOf } from '../../examples/demo/report/picture.ts'
import { tableOf } from '../../examples/demo/report/table.ts'
import { isFlawless } from '../../examples/demo/report/tally.ts'

test('twelve orders over the broken network, with a kill: each happens once, and the table and the picture say so', async () => {
  const { results } = startDemo({ seed: 4, orders: 12, kills: 1 })
  const [ours, rival] = await results
  expect(ours.tally).toMatchObject({ ordered: 12, chargedTwice: 0, lost: 0, toldWrongly: 0, leftUnknown: 0 })
  expect(ours.tally.charged).toBe(ours.tally.charges)
  expect(ours.tally.charged + ours.tally.declined).toBe(12)
  expect(isFlawless(ours.tally)).toBe(true)
  expect(ours.column.kills).toHaveLength(1)
  expect(ours.column.hops.filter(({ fault }) => fault !== undefined)).not.toHaveLength(0)

  // What was in flight at the kill went on in the next process.
  expect(ours.column.events.filter(({ type }) => type === 'taken-over')).not.toHaveLength(0)
  expect(tableOf([ours, rival])).toMatch(/charged twice or more +0 +\d+/)
  const order = mostEventful(ours.column)
  const picture = pictureOf(order, 4, lifeOf(ours.column, order))
  expect(picture).toContain(`The life of ${order}`)
  expect(picture).toMatch(/POST \/payments[^]*EXECUTED/)
})
