import type { Figure } from './figure.ts'
import { isReached, MISSING } from './figure.ts'

/** A markdown table, as docs/speed.md has them; with the name of a ref also what was measured of that. */
export function tableOf(figures: readonly Figure[], ref?: string): string {
  const head = ['', ref === undefined ? 'measured' : 'this checkout', 'ratio', 'goal', 'reached']
  const rows = [
    [...head, ...(ref === undefined ? [] : [ref, 'its ratio', `of ${ref}`])],
    ...figures.map(figure => [...ownCells(figure), ...(ref === undefined ? [] : refCells(figure, ref))]),
  ]
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map(row => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`
  const [first = [], ...others] = rows
  return [line(first), line(widths.map(width => '-'.repeat(width))), ...others.map(line)].join('\n')
}

function ownCells(figure: Figure): readonly string[] {
  const { what, measured, unit, ratio } = figure
  return [
    what,
    `${numberText(measured)} ${unit}`,
    ratio === undefined ? '' : `${ratioText(ratio.value)} ${ratio.to}`,
    goalText(figure),
    { true: 'yes', false: 'no', undefined: '' }[`${isReached(figure)}`],
  ]
}

/** A peer has none. */
function refCells({ there, unit }: Figure, ref: string): readonly string[] {
  if (there === undefined) return []
  if (there === MISSING) return [`not in ${ref}`]
  const ratio = there.ratio === undefined ? '' : ratioText(there.ratio)
  return [`${numberText(there.measured)} ${unit}`, ratio, ratioText(there.change)]
}

function goalText({ goal, unit }: Figure): string {
  if (goal === undefined) return ''
  return `${goal.is} ${goal.of === 'ratio' ? `${goal.limit}x` : `${numberText(goal.limit)} ${unit}`}`
}

function ratioText(ratio: number): string {
  return `${ratio.toFixed(2)}x`
}

function numberText(value: number): string {
  const digits = value < 1_000 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 }
  return value.toLocaleString('en', digits)
}
