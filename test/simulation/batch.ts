import { runHistory } from './history.ts'
import type { ServerKind } from './plan.ts'
import { planOf } from './plan.ts'
import type { Subject } from './subject.ts'

export type Batch = {
  readonly first: number
  readonly histories: number
  readonly server: ServerKind
  /** Ends at the first broken history. */
  readonly stopsAtFirst: boolean
}

export type Report = {
  readonly histories: number
  /** By seed: the rules that were broken. */
  readonly broken: Readonly<Record<string, readonly string[]>>
  /** How often each kind of action, fault and event struck. */
  readonly counts: Readonly<Record<string, number>>
}

/** Runs histories one after the other, in this process. */
export async function runBatch(subject: Subject, batch: Batch): Promise<Report> {
  const { first, histories, server, stopsAtFirst } = batch
  const counts = new Map<string, number>()
  const broken: Record<string, readonly string[]> = {}
  let seed = first
  for (; seed < first + histories; seed++) {
    const result = await runHistory(planOf(seed, server), { subject, recorded: false })
    for (const [kind, count] of result.counts) counts.set(kind, (counts.get(kind) ?? 0) + count)
    const rules = [...new Set(result.violations.map(({ rule }) => rule))]
    if (rules.length === 0) continue
    broken[seed] = rules
    if (stopsAtFirst) break
  }
  return { histories: Math.min(histories, seed - first + 1), broken, counts: Object.fromEntries(counts) }
}

export function joined(reports: readonly Report[]): Report {
  const counts = new Map<string, number>()
  for (const report of reports)
    for (const [kind, count] of Object.entries(report.counts))
      counts.set(kind, (counts.get(kind) ?? 0) + count)
  return {
    histories: reports.reduce((sum, { histories }) => sum + histories, 0),
    broken: Object.assign({}, ...reports.map(({ broken }) => broken)) as Report['broken'],
    counts: Object.fromEntries(counts),
  }
}
