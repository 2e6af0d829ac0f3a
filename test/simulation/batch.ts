import { runHistory } from './history.ts'
import type { Worlds } from './edges.ts'
import type { ServerKind } from './plan.ts'
import { planOf } from './plan.ts'
import type { Report } from './report.ts'
import type { Subject } from './subject.ts'

export type Batch = {
  readonly first: number
  readonly histories: number
  readonly server: ServerKind
  readonly worlds: Worlds
  /** Ends at the first history that breaks this rule, or any; undefined: goes on to the end. */
  readonly stopsAt?: string | undefined
}

export const ANY_RULE = 'any'

/** Runs histories one after the other, in this process. */
export async function runBatch(subject: Subject, batch: Batch): Promise<Report> {
  const { first, histories, server, worlds, stopsAt } = batch
  const counts = new Map<string, number>()
  const broken: Record<string, readonly string[]> = {}
  let seed = first
  for (; seed < first + histories; seed++) {
    const result = await runHistory(planOf(seed, server, worlds), { subject, recorded: false })
    for (const [kind, count] of result.counts) counts.set(kind, (counts.get(kind) ?? 0) + count)
    const rules = [...new Set(result.violations.map(({ rule }) => rule))]
    if (rules.length === 0) continue
    if (stopsAt === undefined || stopsAt === ANY_RULE || rules.includes(stopsAt)) broken[seed] = rules
    if (stopsAt !== undefined && seed in broken) break
  }
  return { histories: Math.min(histories, seed - first + 1), broken, counts: Object.fromEntries(counts) }
}
