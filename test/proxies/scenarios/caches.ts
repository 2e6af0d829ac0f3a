import { noKeys } from '../../../src/entries/index.ts'
import type { Definition } from '../press.ts'
import { lose, type Scenario } from '../scenario.ts'
import { doneAtTheSecond, statusOfOrder, whenCharged } from './asked.ts'

const accepted = {
  always: ({ answer }) => answer(202, {}, { location: '/jobs/1' }),
  ask: doneAtTheSecond,
} satisfies ReturnType<Scenario['shop']>

/** Executes after 4 s, when the client has given the answer up, has asked and was told "not found". */
const late = { afterMs: 4_000, always: lose, ask: whenCharged } satisfies ReturnType<Scenario['shop']>

/** The same, and its answers to questions may not be kept. */
const forbidding = {
  ...late,
  ask: (visit, shop) => {
    visit.response.setHeader('cache-control', 'no-store')
    whenCharged(visit, shop)
  },
} satisfies ReturnType<Scenario['shop']>

/** The same, and nobody answers questions. */
const mute = { ...late, ask: ({ request }) => request.socket.destroy() } satisfies ReturnType<
  Scenario['shop']
>

/** True of that application. */
const status = { ...statusOfOrder, absentAfter: 8_000 }
/** A cache knows an answer by the URL that was asked. */
const asDifferentQuestions = {
  ...status,
  request: about => ({ url: `${statusOfOrder.request(about).url}?ask=${crypto.randomUUID()}` }),
} satisfies Definition['status']
const patience = { timeout: 2_000, deadline: 25_000 }

export const CACHES: readonly Scenario[] = [
  {
    name: 'polls, without keys',
    profile: noKeys,
    shop: () => accepted,
    patience: { deadline: 8_000 },
  },
  {
    name: 'polls with the advised settings',
    profile: noKeys,
    settings: { nginx: 'cache-advised', others: 'advised' },
    shop: () => accepted,
    patience: { deadline: 8_000 },
  },
  {
    name: 'polls through a cache that people set up',
    profile: noKeys,
    settings: 'cache',
    shop: () => accepted,
    patience: { deadline: 8_000 },
  },
  {
    name: 'not found, for a time, where absence is declared to be proof',
    profile: noKeys,
    definition: { status },
    shop: () => late,
    patience,
  },
  {
    name: 'not found, for a time, where absence is declared to be proof, through a cache that people set up',
    profile: noKeys,
    settings: 'cache',
    limit: 'A cache that says nothing of itself makes the declaration untrue.',
    definition: { status },
    shop: () => late,
    patience,
  },
  {
    name: 'not found, for a time, where absence is declared to be proof, through a cache, by questions of which no two are the same',
    profile: noKeys,
    settings: 'cache',
    definition: { status: asDifferentQuestions },
    shop: () => late,
    patience,
  },
  {
    name: 'not found, for a time, where absence is declared to be proof, with the advised settings',
    profile: noKeys,
    settings: { nginx: 'cache-advised', others: 'advised' },
    definition: { status },
    shop: () => late,
    patience,
  },
  {
    name: 'not found, for a time, as an application says it that forbids to keep its answer, through a cache',
    profile: noKeys,
    settings: 'cache',
    definition: { status },
    shop: () => forbidding,
    patience,
  },
  {
    name: "not found, as the proxy's own page says it in the place of an application that does not answer",
    profile: noKeys,
    settings: 'page-missing',
    definition: { status },
    shop: () => mute,
    patience,
  },
]
