import type { Edges } from './edges.ts'
import { NO_EDGES } from './edges.ts'
import type { HistoryOptions } from './history.ts'
import { runHistory } from './history.ts'
import type { Plan } from './plan.ts'

/** A smaller plan that still breaks one of these rules: actions and kinds of fault are taken away one by one. */
export async function shrunk(plan: Plan, rules: readonly string[], options: HistoryOptions): Promise<Plan> {
  const breaks = async (candidate: Plan) => {
    const { violations } = await runHistory(candidate, { ...options, recorded: false })
    return violations.some(({ rule }) => rules.includes(rule))
  }
  let smallest = plan
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false
    for (const candidate of smaller(smallest)) {
      if (!(await breaks(candidate))) continue
      smallest = candidate
      isSmaller = true
      break
    }
  }
  return smallest
}

function* smaller(plan: Plan): Generator<Plan> {
  for (const index of plan.actions.keys()) yield { ...plan, actions: plan.actions.toSpliced(index, 1) }
  if (plan.edges !== undefined) for (const edges of calmer(plan.edges)) yield { ...plan, edges }
  for (const rate of ['send', 'ask', 'store', 'strike'] as const) {
    if (plan.rates[rate] > 0) yield { ...plan, rates: { ...plan.rates, [rate]: 0 } }
  }
  for (const index of plan.sendFaults.keys())
    yield { ...plan, sendFaults: plan.sendFaults.toSpliced(index, 1) }
  for (const index of plan.askFaults.keys()) yield { ...plan, askFaults: plan.askFaults.toSpliced(index, 1) }
  for (const index of plan.storeFaults.keys())
    yield { ...plan, storeFaults: plan.storeFaults.toSpliced(index, 1) }
  if (plan.storeLatencyMs > 0) yield { ...plan, storeLatencyMs: 0 }
  if (plan.ignoresAbort) yield { ...plan, ignoresAbort: false }
  if (plan.clocks.some(({ offsetMs, drift }) => offsetMs !== 0 || drift !== 0))
    yield { ...plan, clocks: plan.clocks.map(() => ({ offsetMs: 0, drift: 0 })) }
}

/** With one of its edges less. */
function* calmer(edges: Edges): Generator<Edges | undefined> {
  yield undefined
  for (const name of Object.keys(NO_EDGES) as (keyof Edges)[]) {
    const isCalm = JSON.stringify(edges[name]) === JSON.stringify(NO_EDGES[name])
    if (!isCalm) yield { ...edges, [name]: NO_EDGES[name] }
  }
  for (const name of ['sendFaults', 'askFaults', 'actions'] as const) {
    for (const index of edges[name].keys())
      yield { ...edges, [name]: (edges[name] as readonly unknown[]).toSpliced(index, 1) }
  }
}
