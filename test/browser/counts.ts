/**
 * How often each thing that needs luck to go wrong is done, and how long a server is away (ms): for every push, and for a
 * release. From `raced` on: in each of three browsers.
 */
export const COUNTS = {
  short: {
    races: 200,
    crashes: 100,
    kills: 20,
    reloads: 50,
    frozen: 10,
    awayMs: 20_000,
    raced: 15,
    tabKills: 2,
    reloaded: 4,
    browserKills: 2,
  },
  long: {
    races: 1_000,
    crashes: 500,
    kills: 100,
    reloads: 200,
    frozen: 100,
    awayMs: 20_000,
    raced: 200,
    tabKills: 20,
    reloaded: 40,
    browserKills: 20,
  },
} as const

export type Counts = Readonly<Record<keyof (typeof COUNTS)['short'], number>>

declare module 'vitest' {
  interface ProvidedContext {
    counts: Counts
    executablePath: string
    namesTooNew: readonly string[]
  }
}
