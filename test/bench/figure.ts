/** What was measured of one thing, beside what it is to be. */
export type Figure = {
  readonly what: string
  readonly measured: number
  readonly unit: Unit
  readonly ratio?: { readonly value: number; readonly to: string } | undefined
  readonly goal?: Goal | undefined
}

export type Unit = 'us' | 'us CPU' | 'ms' | '/s' | 'bytes'

export type Goal = {
  /** Of the ratio, or of what was measured. */
  readonly of: 'ratio' | 'measured'
  readonly is: 'at most' | 'at least' | 'below'
  readonly limit: number
}

export interface Part {
  readonly title: string
  /** How it was measured, for who reads the table. */
  readonly how: string
  measure(): Promise<readonly Figure[]>
}

/** Medians of what was measured, and of the ratios of the same round: a slow moment strikes both, so it cancels. */
export function figureOf(
  what: string,
  unit: Unit,
  measured: readonly number[],
  against?: { readonly to: string; readonly measured: readonly number[]; readonly goal?: Goal | undefined },
): Figure {
  const ratio = against && { value: pairedRatio(measured, against.measured), to: against.to }
  return { what, unit, measured: median(measured), ratio, goal: against?.goal }
}

export function isReached({ measured, ratio, goal }: Figure): boolean | undefined {
  if (goal === undefined) return undefined
  const value = goal.of === 'ratio' ? (ratio?.value ?? Number.NaN) : measured
  switch (goal.is) {
    case 'at most':
      return value <= goal.limit
    case 'below':
      return value < goal.limit
    case 'at least':
      return value >= goal.limit
    default:
      return goal.is satisfies never
  }
}

/** A markdown table, as README has them. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = [
    ['', 'measured', 'ratio', 'goal', 'reached'],
    ...figures.map(figure => [
      figure.what,
      `${numberText(figure.measured)} ${figure.unit}`,
      figure.ratio === undefined ? '' : `${figure.ratio.value.toFixed(2)}x ${figure.ratio.to}`,
      goalText(figure),
      { true: 'yes', false: 'no', undefined: '' }[`${isReached(figure)}`],
    ]),
  ]
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map(row => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...body.map(line)].join('\n')
}

function goalText({ goal, unit }: Figure): string {
  if (goal === undefined) return ''
  return `${goal.is} ${goal.of === 'ratio' ? `${goal.limit}x` : `${numberText(goal.limit)} ${unit}`}`
}

function numberText(value: number): string {
  const digits = value < 1_000 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 }
  return value.toLocaleString('en', digits)
}

function pairedRatio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)))
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}
