import type { HistoryResult } from './history.ts'
import type { Plan } from './plan.ts'

/** A history as people read it: when, who, what. */
export function tableOf(result: HistoryResult, plan: Plan): string {
  const { actions: _, ...world } = plan
  const rows = result.lines.map(
    ({ at, who, what }) => `${at.toFixed(0).padStart(9)}  ${who.padEnd(9)}  ${what}`,
  )
  const broken = result.violations.map(({ rule, detail }) => `  ${rule}: ${detail}`)
  return [
    `world: ${JSON.stringify(world)}`,
    '',
    '       ms  who        what',
    ...rows,
    '',
    'broken:',
    ...broken,
  ].join('\n')
}
