import { ietf, noKeys } from '../../../src/entries/index.ts'
import { lose, type Scenario } from '../scenario.ts'

const large = { charge: 'ch_1', note: 'x'.repeat(40_000) }

/** What a proxy says in the place of an answer that it has lost, or does not like. */
export const PAGES: readonly Scenario[] = [
  ...(
    [
      ['a page of its own whose file is missing', 'page-missing'],
      ['a page of its own, as a named location', 'page-named'],
      ['a page of its own under 200', 'page-as-200'],
      ['an answer of its own, with the advised settings', 'page-advised'],
    ] as const
  ).flatMap(([what, settings]): readonly Scenario[] => [
    {
      name: `${what}, under a key that is honoured`,
      profile: ietf,
      settings,
      shop: () => ({ honoursKeys: true, fates: [lose] }),
    },
    {
      name: `${what}, without keys`,
      profile: noKeys,
      settings,
      shop: () => ({ fates: [lose] }),
    },
  ]),
  {
    name: 'an answer that is larger than the proxy passes on, under a key that is honoured',
    profile: ietf,
    settings: 'small-answers',
    shop: () => ({ honoursKeys: true, fates: [({ answer }) => answer(201, large)] }),
  },
  {
    name: 'an answer that is larger than the proxy passes on, without keys',
    profile: noKeys,
    settings: 'small-answers',
    shop: () => ({ fates: [({ answer }) => answer(201, large)] }),
  },
  {
    name: 'an answer of a type that the proxy does not pass on, without keys',
    profile: noKeys,
    settings: 'no-json',
    shop: () => ({}),
  },
]
