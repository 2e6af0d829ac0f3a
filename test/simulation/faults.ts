import type { Report } from './batch.ts'
import type { ServerKind } from './plan.ts'
import { HANDLER_ENDS, SERVER_ACTIONS, STRUCK_STEPS } from './servers-plan.ts'
import { ASK_FAULTS, SEND_FAULTS } from './sim-network.ts'
import { STORE_FAULTS } from './sim-store.ts'

/** What goes wrong at the clients and on the wire, by the names under which it is counted. */
const CLIENT_FAULTS: readonly string[] = [
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
]

const MODEL_FAULTS: readonly string[] = [
  'server: key forgotten',
  'server: status lags',
  'server: asked for a key in progress',
  'server: failed after its effect',
  'server: declined, not stored',
]

/** What goes wrong in the processes of stillonce/server, and in its store. */
const SERVER_FAULTS: readonly string[] = [
  ...STORE_FAULTS.map(fault => `server ${fault}`),
  ...HANDLER_ENDS.filter(end => end !== 'answers').map(end => `handler: ${end}`),
  ...SERVER_ACTIONS.map(kind => `server action: ${kind}`),
  ...['crash', 'freeze'].flatMap(kind => STRUCK_STEPS.map(step => `server ${kind} ${step}`)),
  'server: nobody listens',
  'server: runs again',
  'server: asked for a key in progress',
  'server: a request comes after its key was forgotten',
  'server event: fenced',
]

export function faultsOf(server: ServerKind): readonly string[] {
  return [...CLIENT_FAULTS, ...(server === 'model' ? MODEL_FAULTS : SERVER_FAULTS)]
}

/** One line: how many kinds of fault struck how often. */
export function faultsTold({ counts, histories }: Report, server: ServerKind): string {
  const faults = faultsOf(server)
  const struck = faults.map(kind => ({ kind, count: counts[kind] ?? 0 }))
  const sum = struck.reduce((total, { count }) => total + count, 0)
  const rarest = struck.toSorted((a, b) => a.count - b.count)[0]
  const kinds = struck.filter(({ count }) => count > 0).length
  return `${kinds} of ${faults.length} kinds of fault struck, ${sum} times, ${(sum / histories).toFixed(1)} a history; the rarest, '${rarest?.kind}', ${rarest?.count} times`
}
