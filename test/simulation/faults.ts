import type { Report } from './report.ts'
import { EDGE_ACTIONS, EDGE_ASK_FAULTS, EDGE_SEND_FAULTS, OTHER_KEY } from './edges.ts'
import type { ServerKind } from './plan.ts'
import { ENQUEUE_ENDS } from './outbox.ts'
import { SERVER_EDGE_ACTIONS } from './server-edges.ts'
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

/** What of the edges lies before both servers. */
const EDGE_FAULTS: readonly string[] = [
  ...EDGE_SEND_FAULTS,
  ...EDGE_ASK_FAULTS,
  'edge: sleep',
  'edge: clock put right',
  'a listener throws',
  'a listener rejects',
]

/** How the transaction of an operation that is enqueued ends, before both servers. */
const OUTBOX_FAULTS: readonly string[] = ENQUEUE_ENDS.filter(end => end !== 'commits').map(
  end => `outbox: ${end}`,
)

const MODEL_FAULTS: readonly string[] = [
  ...EDGE_ACTIONS.filter(kind => kind !== 'run').map(kind => `edge: ${kind}`),
  // stillonce/server forbids it.
  'ask from a cache',
  'a callback throws',
  'a callback gives a promise',
  'a callback hangs',
  'server: changed before',
  'webhook',
  'freeze before its first send',
  'server: a wrong Date',
  'server: status goes back',
  'server: status forgets what is at work',
  'server: precondition fails',
  'server: refused, as it was done',
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
  OTHER_KEY,
  ...SERVER_EDGE_ACTIONS.map(kind => `server edge: ${kind}`),
  'stranger sends: answered',
  'stranger asks: answered',
  'stranger seals: answered',
]

export function faultsOf(server: ServerKind): readonly string[] {
  const ofServer = server === 'model' ? MODEL_FAULTS : SERVER_FAULTS
  const kinds = [...CLIENT_FAULTS, ...EDGE_FAULTS, ...OUTBOX_FAULTS, ...ofServer]
  return [...new Set(kinds)]
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
