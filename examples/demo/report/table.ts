import type { Column } from '../column.ts'
import { FAULTS } from '../world/faults.ts'
import type { Fault } from '../world/faults.ts'
import type { Tally } from './tally.ts'

export type Counted = { readonly column: Column; readonly tally: Tally }

type Line = readonly [name: string, ...cells: readonly string[]]

/** One table of all columns: what became of the orders, and what they had to go through. */
export function tableOf(counted: readonly Counted[]): string {
  const line = (name: string, cell: (of: Counted) => number | string): Line => [
    name,
    ...counted.map(of => String(cell(of))),
  ]
  const lines: readonly (Line | undefined)[] = [
    line('', ({ column }) => column.title),
    undefined,
    line('ordered', ({ tally }) => tally.ordered),
    line('charged', ({ tally }) => tally.charged),
    line('declined for good', ({ tally }) => tally.declined),
    line('charges in the ledger', ({ tally }) => tally.charges),
    line('charged twice or more', ({ tally }) => tally.chargedTwice),
    line('lost', ({ tally }) => tally.lost),
    line('told wrongly', ({ tally }) => tally.toldWrongly),
    line('left unknown', ({ tally }) => tally.leftUnknown),
    line('requests per order', ({ tally }) => (tally.requests / tally.ordered).toFixed(2)),
    line('  that only ask', ({ tally }) => (tally.asks / tally.ordered).toFixed(2)),
    undefined,
    line('killed with SIGKILL', ({ column }) => column.kills.length),
    line('faults that struck', ({ column }) => column.hops.filter(({ fault }) => fault !== undefined).length),
    ...(Object.keys(FAULTS) as Fault[]).map(fault =>
      line(`  ${fault}`, ({ column }) => column.hops.filter(hop => hop.fault === fault).length),
    ),
  ]
  return aligned(lines)
}

/** Names to the left, cells to the right; a rule where there is no line. */
function aligned(lines: readonly (Line | undefined)[]): string {
  const full = lines.filter(line => line !== undefined)
  const widths = (full[0] ?? ['']).map((_, at) => Math.max(...full.map(line => line[at]?.length ?? 0)))
  const rule = widths.map(width => '─'.repeat(width)).join('───')
  return lines
    .map(line => {
      if (line === undefined) return rule
      const cells = line.map((cell, at) =>
        at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
      )
      return cells.join('   ').trimEnd()
    })
    .join('\n')
}
