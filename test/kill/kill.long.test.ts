import { expect, test } from 'vitest'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { runKills, tellBroken } from './run-kills.ts'
import { STEPS } from './steps.ts'

const MINUTES_MS = 60_000

test(
  '100 processes are killed, at every named step: nothing is lost, doubled, stuck or told untruly',
  async () => {
    const killing = { count: 100, seed: 1, lanes: 2 }
    const { perStep, count, broken } = await runKills(killing)
    expect(broken.map(each => tellBroken(each, killing))).toEqual([])
    expect(count).toBeGreaterThanOrEqual(100)
    expect([...perStep].filter(([, kills]) => kills === 0)).toEqual([])
  },
  5 * MINUTES_MS,
)

test.each(PLANTED_BUGS)(
  'the kills find a planted bug: $name',
  async bug => {
    const { broken } = await runKills({ count: STEPS.length, seed: 1, lanes: 2, planted: bug })
    expect(broken.flatMap(({ violations }) => violations).map(({ kind }) => kind)).toContain(bug.breaks)
  },
  5 * MINUTES_MS,
)
