export type Report = {
  readonly histories: number
  /** By seed: the rules that were broken. */
  readonly broken: Readonly<Record<string, readonly string[]>>
  /** How often each kind of action, fault and event struck. */
  readonly counts: Readonly<Record<string, number>>
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
