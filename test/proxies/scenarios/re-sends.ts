import { defineProfile, ietf, noKeys } from '../../../src/entries/index.ts'
import type { Definition } from '../press.ts'
import { lose, type Scenario } from '../scenario.ts'

const keepalive = { nginx: 'keepalive' }

const cancelling: Definition = { request: () => ({ method: 'delete', url: 'subscriptions/42' }) }
const limiting: Definition = {
  request: () => ({ method: 'put', url: 'accounts/7', json: { limit: 5 }, headers: { 'if-match': '"v1"' } }),
}
const capturing: Definition = { request: () => ({ method: 'post', url: 'orders/42/capture' }) }
const withEmptyBody: Definition = { request: () => ({ method: 'post', url: 'orders/42/capture', json: {} }) }

/** A server without keys whose 422 may be the answer to a second delivery: the rule says so. */
const carefully = defineProfile({
  name: 'behind a proxy that sends again',
  honoursKeys: false,
  rules: [{ status: 422, means: 'unknown', source: 'docs/proxies.md' }],
})

/** The statement that something on the way sends any request again. */
const sentAgain = defineProfile({
  name: 'behind a proxy that sends everything again',
  honoursKeys: false,
  delivers: 'again',
})

/** A server that says of a key that it was used before, and nothing more (Moov, Mangopay). */
const CREATED_BEFORE = {
  name: 'created before',
  honoursKeys: true,
  rules: [{ status: 409, means: 'exists', source: 'docs/profiles.md' }],
} as const
const createdBefore = defineProfile(CREATED_BEFORE)
const createdBeforeSentAgain = defineProfile({ ...CREATED_BEFORE, delivers: 'again' })

/** Without keys, but with the header: what a client does that sends one out of caution. */
const withHeader = defineProfile({
  name: 'a key that nobody reads',
  honoursKeys: false,
  header: 'Idempotency-Key',
})
const withOtherHeader = defineProfile({
  name: 'a key by another name',
  honoursKeys: false,
  header: 'X-Operation',
})

/** The proxy sends again by itself what it was given once, on a connection that turned out dead. */
export const RE_SENDS: readonly Scenario[] = [
  ...(
    [
      ['DELETE', cancelling, 404],
      ['PUT with If-Match', limiting, 412],
      ['POST without a body', capturing, 422],
    ] as const
  ).flatMap(([what, definition, refusesTwice]): readonly Scenario[] => [
    {
      name: `${what}, whose second delivery is refused because of the first, without keys`,
      profile: noKeys,
      settings: keepalive,
      definition,
      warm: 'warm',
      shop: () => ({ fates: [lose], refusesTwice }),
    },
    {
      name: `${what} with the advised settings, without keys`,
      profile: noKeys,
      settings: 'advised',
      definition,
      warm: 'warm',
      shop: () => ({ fates: [lose], refusesTwice }),
    },
    {
      name: `${what} under a key that is honoured`,
      profile: ietf,
      settings: keepalive,
      definition,
      warm: 'warm',
      shop: () => ({ honoursKeys: true, fates: [lose] }),
    },
  ]),
  {
    name: 'POST without a body, under a key that nobody reads',
    profile: withHeader,
    settings: keepalive,
    definition: capturing,
    warm: 'warm',
    shop: () => ({ fates: [lose] }),
    limit: 'The header is leave to send again for what is written in Go; Varnish needs none.',
  },
  {
    name: 'POST without a body, under a key that nobody reads, in a header of another name',
    profile: withOtherHeader,
    settings: keepalive,
    definition: capturing,
    warm: 'warm',
    shop: () => ({ fates: [lose] }),
    limit: 'Varnish sends again what has no body.',
  },
  {
    name: 'POST with the body {}, without keys',
    profile: noKeys,
    settings: keepalive,
    definition: withEmptyBody,
    warm: 'warm',
    shop: () => ({ fates: [lose] }),
  },
  {
    name: 'any POST, where the settings say that it is sent again, under a key that is honoured',
    profile: ietf,
    settings: 'retries',
    shop: () => ({ honoursKeys: true, fates: [lose] }),
  },
  {
    name: 'any POST, where the settings say that it is sent again, without keys',
    profile: noKeys,
    settings: 'retries',
    shop: () => ({ fates: [lose] }),
    limit: 'No client sees what a proxy sends again.',
  },
  {
    name: 'any POST, where the settings say that it is sent again, and its second delivery is refused',
    profile: noKeys,
    settings: 'retries',
    shop: () => ({ fates: [lose], refusesTwice: 422 }),
    limit: 'A POST with a body is taken for delivered once.',
  },
  ...[400, 404, 409, 422].map((refusesTwice): Scenario => ({
    name: `any POST, where the settings and the profile say that it is sent again, and the second delivery gets ${refusesTwice}`,
    profile: sentAgain,
    settings: 'retries',
    shop: () => ({ fates: [lose], refusesTwice }),
  })),
  {
    name: 'any POST, where the settings say that it is sent again, and the server says that its key was used before',
    profile: createdBefore,
    settings: 'retries',
    shop: () => ({ fates: [lose], refusesTwice: 409 }),
  },
  {
    name: 'the same where the profile says that it is sent again',
    profile: createdBeforeSentAgain,
    settings: 'retries',
    shop: () => ({ fates: [lose], refusesTwice: 409 }),
  },
  {
    name: 'any POST, where the settings and the profile say that it is sent again, and the server executes it twice',
    profile: sentAgain,
    settings: 'retries',
    shop: () => ({ fates: [lose] }),
    limit: 'No client sees what a proxy sends again.',
  },
  {
    name: 'any POST, where the settings say that it is sent again, its second delivery is refused, and a rule knows',
    profile: carefully,
    settings: 'retries',
    shop: () => ({ fates: [lose], refusesTwice: 422 }),
  },
]
