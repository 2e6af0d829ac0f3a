import { expect, test } from 'vitest'
import { MODEL_BUGS } from './planted.ts'
import { walked } from './walked.ts'

/* The model check itself: a bug that is planted in the core is found, as a shortest history. */

for (const { name } of MODEL_BUGS) {
  test(`${name} is found`, { timeout: 1_200_000 }, async () => {
    const [walk] = await walked('--planted', name)

    expect(walk).toMatchObject({ planted: name, isFound: true })
    expect(walk?.broken[0]?.history.length).toBeGreaterThan(0)
  })
}
