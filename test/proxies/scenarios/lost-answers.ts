import { ietf, noKeys } from '../../../src/entries/index.ts'
import { lose, type Scenario } from '../scenario.ts'
import { statusOfOrder } from './asked.ts'

const silent = () => undefined

/** The application executes, and its answer does not come; or it is not there. */
export const LOST_ANSWERS: readonly Scenario[] = [
  {
    name: 'an answer that is lost, under a key that is honoured',
    profile: ietf,
    shop: () => ({ honoursKeys: true, fates: [lose] }),
  },
  {
    name: 'an answer that is lost on connections that were used before, under a key that is honoured',
    profile: ietf,
    settings: { nginx: 'keepalive' },
    warm: 'warm',
    shop: () => ({ honoursKeys: true, fates: [lose] }),
  },
  {
    name: 'an answer that is lost on a connection that was used before, by an application that closes its own',
    profile: ietf,
    warm: 'warm-and-close',
    shop: () => ({ honoursKeys: true, fates: [lose] }),
  },
  {
    name: 'an answer that is lost, without keys',
    profile: noKeys,
    shop: () => ({ fates: [lose] }),
  },
  {
    name: 'an answer that is lost, without keys, and an application that can be asked',
    profile: noKeys,
    definition: { status: statusOfOrder },
    shop: () => ({ fates: [lose] }),
  },
  {
    name: 'silence past the patience of the proxy, under a key that is honoured',
    profile: ietf,
    settings: 'impatient',
    shop: () => ({ honoursKeys: true, fates: [silent] }),
  },
  {
    name: 'silence past the patience of the proxy, without keys',
    profile: noKeys,
    settings: 'impatient',
    shop: () => ({ fates: [silent] }),
  },
  {
    name: 'an application that refuses connections and comes back, under a key that is honoured',
    profile: ietf,
    closedAtFirst: true,
    patience: { attempts: 5 },
    shop: () => ({ honoursKeys: true }),
  },
  {
    name: 'an application that refuses connections and comes back, with the advised settings',
    profile: ietf,
    settings: 'advised',
    closedAtFirst: true,
    patience: { attempts: 5 },
    shop: () => ({ honoursKeys: true }),
  },
  {
    name: 'an application that refuses connections and comes back, without keys',
    profile: noKeys,
    closedAtFirst: true,
    patience: { attempts: 5 },
    shop: () => ({}),
  },
  {
    name: 'an answer whose head is larger than the proxy or the client takes, each time',
    profile: ietf,
    shop: () => ({
      honoursKeys: true,
      always: ({ answer }) => answer(201, { charge: 'ch_1' }, { 'x-trace': 'b'.repeat(70_000) }),
    }),
  },
]
