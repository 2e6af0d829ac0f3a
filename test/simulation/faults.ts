import type { Report } from './batch.ts'
import { ASK_FAULTS, SEND_FAULTS } from './sim-network.ts'
import { STORE_FAULTS } from './sim-store.ts'

/** What goes wrong in a history, by the names under which it is counted. */
export const FAULTS: readonly string[] = [
  ...SEND_FAULTS,
  ...ASK_FAULTS,
  ...STORE_FAULTS,
  'abort ignored',
  'reordered',
  'crash before send',
  'crash after send',
  'crash after answer',
  'crash before store set begin',
  'crash after store set begin',
  'crash before store set succeeded',
  'crash after store set succeeded',
  'crash after store set release',
  'freeze before send',
  'freeze after send',
  'freeze after answer',
  'freeze before store set begin',
  'freeze after store set begin',
  'freeze before store set succeeded',
  'action: crash',
  'action: restart',
  'action: freeze',
  'action: freeze, monotonic pauses',
  'action: jump',
  'action: wild jump',
  'action: other user',
  'action: offline',
  'action: run twice',
  'action: run and abort',
  'action: forget by force',
  'action: clear by force',
  'server: key forgotten',
  'server: status lags',
  'server: asked for a key in progress',
  'server: failed after its effect',
  'server: declined, not stored',
]

/** One line: how many kinds of fault struck how often. */
export function faultsTold({ counts, histories }: Report): string {
  const struck = FAULTS.map(kind => ({ kind, count: counts[kind] ?? 0 }))
  const sum = struck.reduce((total, { count }) => total + count, 0)
  const rarest = struck.toSorted((a, b) => a.count - b.count)[0]
  const kinds = struck.filter(({ count }) => count > 0).length
  return `${kinds} of ${FAULTS.length} kinds of fault struck, ${sum} times, ${(sum / histories).toFixed(1)} a history; the rarest, '${rarest?.kind}', ${rarest?.count} times`
}
