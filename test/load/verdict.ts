/* What a load test has seen, against what really happened: pure, so that a test can hold it. */

export type Told = { readonly status: number; readonly body: string }

export type Seen = {
  /** The keys of the ledger, an entry for each effect. */
  readonly effects: readonly string[]
  /** What requests were told, by key. */
  readonly answers: ReadonlyMap<string, readonly Told[]>
  /** What each key's own URL says at the end. */
  readonly statuses: ReadonlyMap<string, Told>
}

export type Verdict = { readonly doubled: string[]; readonly lost: string[]; readonly untrue: string[] }

export function verdictOf({ effects, answers, statuses }: Seen): Verdict {
  const counts = new Map<string, number>()
  for (const key of effects) counts.set(key, (counts.get(key) ?? 0) + 1)
  const doubled = [...counts].filter(([, count]) => count > 1).map(([key]) => key)
  const lost: string[] = []
  const untrue: string[] = []
  for (const [key, told] of answers) {
    const successes = told.filter(({ status }) => status === 201)
    if (successes.length > 0 && !counts.has(key)) lost.push(key)
    const refusals = told.filter(({ status }) => status >= 400 && status < 500 && status !== 409)
    const isTwofold = new Set(successes.map(({ body }) => body)).size > 1
    const isForeign = successes.some(({ body }) => (JSON.parse(body) as { key?: unknown }).key !== key)
    if (refusals.length > 0 || isTwofold || isForeign) untrue.push(key)
    const end = wordOf(statuses.get(key))
    if (successes.length > 0 && end !== 'succeeded') lost.push(key)
    if (counts.has(key) ? end === 'key-unknown' || end === 'failed' : end === 'succeeded') untrue.push(key)
  }
  return { doubled, lost: [...new Set(lost)], untrue: [...new Set(untrue)] }
}

/** The status that the key's own URL names, or the code of its problem. */
export function wordOf(told: Told | undefined): string {
  if (told === undefined) return 'not asked'
  const { status, code } = JSON.parse(told.body) as { readonly status?: unknown; readonly code?: unknown }
  return typeof code === 'string' ? code : String(status)
}
