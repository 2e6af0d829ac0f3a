import type { Column } from '../column.ts'
import { closedCount } from '../column.ts'

/** Shows how far the columns are: one line that changes on a terminal, else a line every few seconds. */
export function showProgress(columns: readonly Column[], ordered: number): () => void {
  const { stdout } = process
  const began = Date.now()
  const line = () => {
    const seconds = ((Date.now() - began) / 1_000).toFixed(0).padStart(3)
    const parts = columns.map(
      column => `${column.title} ${closedCount(column)} of ${ordered}, killed ${column.kills.length}x`,
    )
    const faults = columns.flatMap(({ hops }) => hops).filter(({ fault }) => fault !== undefined).length
    return `${seconds} s   ${parts.join('   ')}   ${faults} faults`.slice(0, (stdout.columns ?? 200) - 1)
  }
  const show = stdout.isTTY ? () => stdout.write(`\r\u{1b}[K${line()}`) : () => stdout.write(`${line()}\n`)
  const timer = setInterval(show, stdout.isTTY ? 100 : 3_000)
  return () => {
    clearInterval(timer)
    show()
    if (stdout.isTTY) stdout.write('\n')
  }
}
