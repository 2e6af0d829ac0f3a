import { ietf, noKeys } from '../../../src/entries/index.ts'
import { lose, type Scenario } from '../scenario.ts'
import { statusOfOrder } from './asked.ts'

const accepted: Scenario['shop'] = () => ({
  honoursKeys: true,
  fates: [({ answer }) => answer(202, {}, { location: '/jobs/1' })],
})

/** The proxy publishes the application under /api/, and takes that off: what the application calls /jobs/1 is nothing here. */
export const PATHS: readonly Scenario[] = [
  {
    name: 'a 202 whose Location lacks the prefix, under a key that is honoured',
    profile: ietf,
    settings: 'prefix',
    path: 'api/',
    shop: accepted,
    patience: { deadline: 8_000 },
  },
  {
    name: 'a 202 whose Location lacks the prefix, without keys',
    profile: noKeys,
    settings: 'prefix',
    path: 'api/',
    shop: accepted,
    patience: { deadline: 8_000 },
  },
  {
    name: 'a 202 whose Location lacks the prefix, without keys, and an application that can be asked',
    profile: noKeys,
    settings: 'prefix',
    path: 'api/',
    definition: { status: statusOfOrder },
    shop: accepted,
    patience: { deadline: 8_000 },
  },
  {
    name: 'an answer that is lost behind a prefix',
    profile: ietf,
    settings: 'prefix',
    path: 'api/',
    shop: () => ({ honoursKeys: true, fates: [lose] }),
  },
  {
    name: 'a path that no route takes, without keys',
    profile: noKeys,
    settings: 'prefix',
    shop: () => ({}),
    limit: 'Caddy answers 200 with nothing where no route fits.',
  },
  {
    name: 'a path that no route takes, without keys, where each success has a body and the definition says so',
    profile: noKeys,
    settings: 'prefix',
    definition: { verdict: () => undefined },
    shop: () => ({}),
  },
  {
    name: 'a path that no route takes, without keys, with the advised settings',
    profile: noKeys,
    settings: 'prefix-advised',
    shop: () => ({}),
  },
]
