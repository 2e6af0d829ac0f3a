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
  'stillonce, plain fetch, a body of 1 MB kept': async where =>
    (await import('./large-body.ts')).openLargeKept(where),
  'stillonce, ky': async where => (await import('./ours.ts')).openWithKy(where, 'memory'),
  'stillonce, ky, sqlite': async where => (await import('./ours.ts')).openWithKy(where, 'sqlite'),
} as const satisfies Record<string, (where: Surroundings) => Promise<Contestant>>

export type ContestantName = keyof typeof CONTESTANTS

export const CONTESTANT_NAMES = Object.keys(CONTESTANTS) as readonly ContestantName[]

export function openContestant(name: ContestantName, where: Surroundings): Promise<Contestant> {
  return CONTESTANTS[name](where)
}
