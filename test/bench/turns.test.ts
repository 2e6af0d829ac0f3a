import { describe, expect, test } from 'vitest'
import { MISSING } from './figure.ts'
import type { Ref } from './ref.ts'
import { entrantsOf, takeTurns } from './turns.ts'

const ref: Ref = { name: 'v1', root: new URL('file:///v1/') }

describe('entrants', () => {
  test('are this package twice where there is a ref, and each peer once', () => {
    expect(entrantsOf(['ky', 'stillonce, ky', 'Express + stillonce'], ref)).toEqual([
      { name: 'ky', ref: undefined },
      { name: 'stillonce, ky', ref: undefined },
      { name: 'stillonce, ky', ref },
      { name: 'Express + stillonce', ref: undefined },
      { name: 'Express + stillonce', ref },
    ])
  })

  test('are each once where there is none', () => {
    expect(entrantsOf(['ky', 'stillonce'], undefined)).toEqual([
      { name: 'ky', ref: undefined },
      { name: 'stillonce', ref: undefined },
    ])
  })
})

describe('taking turns', () => {
  test('takes one sample of each in a round, every other round backwards', async () => {
    const seen: string[] = []
    const told = await takeTurns(entrantsOf(['ky', 'stillonce'], ref), 2, async ({ name, ref: of }) => {
      seen.push(`${name} ${of?.name ?? 'here'}`)
      return seen.length
    })
    expect(seen).toEqual([
      'ky here',
      'stillonce here',
      'stillonce v1',
      'stillonce v1',
      'stillonce here',
      'ky here',
    ])
    expect(told).toEqual({ ky: { here: [1, 6] }, stillonce: { here: [2, 5], there: [3, 4] } })
  })

  test('says what the ref lacks', async () => {
    const told = await takeTurns(entrantsOf(['stillonce'], ref), 1, async ({ ref: of }) =>
      of === undefined ? 7 : MISSING,
    )
    expect(told).toEqual({ stillonce: { here: [7], there: MISSING } })
  })

  test('fails where this checkout lacks it', async () => {
    await expect(takeTurns(entrantsOf(['stillonce'], undefined), 1, async () => MISSING)).rejects.toThrow(
      'stillonce: the package lacks what is to be measured',
    )
  })
})
