import { join } from 'node:path'
import type { Contestant, Surroundings } from './contestant.ts'

/* Each is imported by the process that measures it, and by no other. */
const CONTESTANTS = {
  fetch: async where => (await import('./fetch.ts')).openFetch(where),
  'fetch, a body of 1 MB': async where => (await import('./large-body.ts')).openLargeWithFetch(where),
  'fetch, and the least that the promises need': async where =>
    (await import('./least.ts')).openLeast(where, (await import('stillonce/core')).memoryStore()),
  'the least, on the bare driver of SQLite': async where =>
    (await import('./least.ts')).openLeast(
      where,
      (await import('./bare-sqlite.ts')).bareSqlite(join(where.folder, 'bare.db')),
    ),
  'p-retry + fetch': async where => (await import('./p-retry.ts')).openPRetry(where),
  'idempotent-fetch': async where => (await import('./idempotent-fetch.ts')).openIdempotentFetch(where),
  'stripe-node': async where => (await import('./stripe.ts')).openStripe(where),
  ky: async where => (await import('./ky.ts')).openKy(where),
  'axios + axios-retry': async where => (await import('./axios.ts')).openAxios(where),
  'stillonce, plain fetch': async where => (await import('./ours.ts')).openWithFetch(where, 'memory'),
  'stillonce, plain fetch, sqlite': async where => (await import('./ours.ts')).openWithFetch(where, 'sqlite'),
  'stillonce, undici': async where => (await import('./undici.ts')).openWithUndici(where, 'memory'),
  'stillonce, undici, sqlite': async where => (await import('./undici.ts')).openWithUndici(where, 'sqlite'),
  'stillonce, plain fetch, a body of 1 MB kept': async where =>
    (await import('./large-body.ts')).openLargeKept(where),
  'stillonce, ky': async where => (await import('./ours.ts')).openWithKy(where, 'memory'),
  'stillonce, ky, sqlite': async where => (await import('./ours.ts')).openWithKy(where, 'sqlite'),
} as const satisfies Record<string, Open>

/** With the packages of test/sdks, which are installed for their part of the bench alone. */
const OF_SDKS = {
  'stripe, its own fetch': async where => (await import('./sdks.ts')).openStripeOverFetch(where),
  'stripe over stillonce': async where => {
    const { guardOf, openStripeOverFetch } = await import('./sdks.ts')
    return openStripeOverFetch(where, guardOf(where))
  },
  'stripe over stillonce and undici': async where => {
    const { guardOf, openStripeOverFetch } = await import('./sdks.ts')
    const { undiciFetch } = await import('stillonce/undici')
    return openStripeOverFetch(where, guardOf(where, undiciFetch()))
  },
  'openai, its own fetch': async where => (await import('./sdks.ts')).openOpenAi(where),
  'openai over stillonce': async where => {
    const { guardOf, openOpenAi } = await import('./sdks.ts')
    return openOpenAi(where, guardOf(where))
  },
  'openai over stillonce and undici': async where => {
    const { guardOf, openOpenAi } = await import('./sdks.ts')
    const { undiciFetch } = await import('stillonce/undici')
    return openOpenAi(where, guardOf(where, undiciFetch()))
  },
} as const satisfies Record<string, Open>

type Open = (where: Surroundings) => Promise<Contestant>

export type ContestantName = keyof typeof CONTESTANTS | keyof typeof OF_SDKS

export const CONTESTANT_NAMES = Object.keys(CONTESTANTS) as readonly (keyof typeof CONTESTANTS)[]

export function openContestant(name: ContestantName, where: Surroundings): Promise<Contestant> {
  return { ...CONTESTANTS, ...OF_SDKS }[name](where)
}
