import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Mood, Providers } from './providers.ts'
import { startProviders } from './providers.ts'
import type { SagaEnd } from './saga.ts'

/** Where a worker is killed: at an event of its client, or while a provider works for it. */
export type Kill =
  | { readonly at: 'event'; readonly nth: number }
  | { readonly at: 'before' | 'after'; readonly nth: number }

type Told = { readonly end: SagaEnd; readonly events: number }

/** A trip, and how its providers behave; `later`: from when a worker has ended and waits. */
export type Story = {
  readonly name: string
  readonly moods: Readonly<Record<string, Mood>>
  readonly later?: Readonly<Record<string, Mood>>
}

export type Trial = {
  /** How each worker ended; undefined where it was killed. */
  readonly ends: readonly (SagaEnd | undefined)[]
  /** What the providers did, in order. */
  readonly ledger: readonly string[]
  /** How many places to be killed at there are. */
  readonly events: number
  readonly works: number
}

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))

/** Plays a story with a worker that is killed once, and others that take the saga up until it has ended. */
export async function play({ moods, later = {} }: Story, kill?: Kill): Promise<Trial> {
  const folder = mkdtempSync(join(tmpdir(), 'stillonce-saga-'))
  const providers = await startProviders()
  const ends: (SagaEnd | undefined)[] = []
  let works = 0
  let events = 0
  const set = (next: Readonly<Record<string, Mood>>) => {
    for (const [part, mood] of Object.entries(next)) providers.mood(part, mood)
  }
  try {
    set(moods)
    const count = (when: 'before' | 'after') => (when === 'before' ? (works += 1) : works)
    for (let workers = 0; workers < 4; workers += 1) {
      const told = await work(providers, join(folder, 'saga.db'), workers === 0 ? kill : undefined, count)
      ends.push(told?.end)
      events += told?.events ?? 0
      if (told !== undefined && told.end.kind !== 'waiting') break
      if (told !== undefined) set(later)
    }
    return { ends, ledger: [...providers.ledger], events, works }
  } finally {
    providers.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What is booked and not cancelled; a trip is whole with all three, and undone with none. */
export function booked(ledger: readonly string[]): readonly string[] {
  const cancelled = new Set(
    ledger.filter(line => line.endsWith(' cancelled')).map(line => line.split(' ')[0]),
  )
  return ledger
    .filter(line => line.endsWith(' booked'))
    .flatMap(line => line.split(' ')[0] ?? [])
    .filter(part => !cancelled.has(part))
}

/** One worker, from its start to its end. */
function work(
  providers: Providers,
  file: string,
  kill: Kill | undefined,
  count: (when: 'before' | 'after') => number,
): Promise<Told | undefined> {
  const dieAt = kill?.at === 'event' ? String(kill.nth) : ''
  const child = fork(WORKER, [providers.url, file, 'trip-1', dieAt], { execArgv: [] })
  let told: Told | undefined
  child.on('message', message => {
    told = message as Told
  })
  providers.onWork(when => {
    const nth = count(when)
    if (kill?.at === when && kill.nth === nth) child.kill('SIGKILL')
  })
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve(undefined)
      else if (code === 0) resolve(told)
      else reject(new Error(`the worker ended with ${code ?? signal}`))
    })
  })
}

/** Every place at which the worker of a story can be killed, as a trial without a kill shows them. */
export function killsOf({ events, works }: Pick<Trial, 'events' | 'works'>): readonly Kill[] {
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
  return [
    ...upTo(events).map(nth => ({ at: 'event', nth }) as const),
    ...upTo(works).flatMap(nth => [{ at: 'before', nth } as const, { at: 'after', nth } as const]),
  ]
}
