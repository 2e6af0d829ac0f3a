import { randomOf, type Random } from '../../simulation/random.ts'
import type { memoryStore as MemoryStore } from '../../../src/stores/memory/memory-store.ts'
import type { indexedDBStore as IndexedDBStore } from '../../../src/stores/indexed-db/indexed-db-store.ts'
import type { RecordStore } from '../../../src/public/store.ts'
import { SITE_FAULTS, ratesOf, type SiteFault } from './faults.ts'
import { currentTab, newTab, Site, type Tab } from './sim-site.ts'
import { enter } from './world.ts'

export type Subject = {
  readonly indexedDBStore: typeof IndexedDBStore
  readonly memoryStore: typeof MemoryStore
}

export type Wanted =
  | { readonly kind: 'get'; readonly key: string }
  | {
      readonly kind: 'set'
      readonly key: string
      readonly value: string
      readonly expected: string | null
      readonly open: boolean
      readonly expiresAt?: number
    }
  | { readonly kind: 'delete'; readonly key: string; readonly expected: string }
  | { readonly kind: 'listOpen' | 'listSettled'; readonly prefix: string }

/** A call of a store, and what it told. `answer` is there once it told something. */
export type Call = {
  readonly wanted: Wanted
  readonly tab: number
  readonly from: number
  /** How many writes of its tab were not answered when it was called, this one and those of its turn included. */
  readonly writesAhead: number
  readonly isAfterHeal: boolean
  to: number
  answer?: { readonly value: unknown } | { readonly error: unknown }
}

/** What was written to a fallback, and when. */
export type FallbackWrite = {
  readonly tab: number
  readonly at: number
  readonly wanted: Wanted & { kind: 'set' }
}

export type History = {
  readonly site: Site
  readonly calls: readonly Call[]
  readonly crashedTabs: ReadonlySet<number>
  readonly busyTimeoutMs: number
  readonly hasFallback: boolean
  /** Of the stores: which said that they are weak. */
  readonly weak: readonly boolean[]
  readonly fallbackWrites: readonly FallbackWrite[]
  readonly strayErrors: readonly unknown[]
}

const KEYS = ['p/a', 'p/b', 'q/c']
/** So long things go wrong, ms. */
const FAULTS_MS = 40_000
/** Whatever was called by then has told something long before. */
const END_MS = 2_000_000

type Page = {
  readonly tab: Tab
  readonly store: RecordStore
  readonly known: Map<string, string | null>
  unanswered: number
}

export async function runHistory(seed: number, subject: Subject): Promise<History> {
  const random = randomOf(seed, 1)
  const site = new Site(seed, ratesOf(random))
  enter(site)
  const busyTimeoutMs = random.pick([50, 1_000, 10_000])
  const hasFallback = random.chance(0.25)
  const calls: Call[] = []
  const fallbackWrites: FallbackWrite[] = []
  const crashedTabs = new Set<number>()
  const weak: boolean[] = []
  const strayErrors: unknown[] = []
  let values = 0
  let tabs = 0

  const newPage = (): Page => {
    const tab = newTab((tabs += 1))
    const now = () => site.time.now
    const fallback = hasFallback ? noted(subject.memoryStore({ now }), tab.id) : undefined
    const store = currentTab.run(tab, () =>
      subject.indexedDBStore({ name: 'shop', busyTimeout: busyTimeoutMs, now, fallback }),
    )
    weak.push(store.isWeak === true)
    return { tab, store, known: new Map(), unanswered: 0 }
  }

  function noted(store: RecordStore, tab: number): RecordStore {
    return {
      ...store,
      set: async (key, value, options) => {
        const version = await store.set(key, value, options)
        const wanted = { kind: 'set' as const, key, value, ...options }
        if (version !== undefined) fallbackWrites.push({ tab, at: site.time.now, wanted })
        return version
      },
    }
  }

  /** What is wanted at random, on what this page believes to be there, or on something old. */
  function wantedOf(page: Page, one: Random): Wanted {
    const key = one.pick(KEYS)
    const believed = page.known.get(key) ?? null
    const kind = one.pick([
      'get',
      'get',
      'set',
      'set',
      'set',
      'set',
      'delete',
      'listOpen',
      'listSettled',
    ] as const)
    switch (kind) {
      case 'get':
        return { kind, key }
      case 'set': {
        const open = one.chance(0.6)
        const expiresAt = site.time.now + one.between(50, 5_000)
        return {
          kind,
          key,
          value: `value ${(values += 1)}`,
          expected: one.chance(0.1) ? null : believed,
          open,
          ...(one.chance(0.3) && { expiresAt }),
        }
      }
      case 'delete':
        return believed === null ? { kind: 'get', key } : { kind, key, expected: believed }
      case 'listOpen':
      case 'listSettled':
        return { kind, prefix: one.pick(['', 'p/', 'q/']) }
    }
  }

  function ask(page: Page, turn: readonly Wanted[]): void {
    page.unanswered += turn.filter(isWrite).length
    for (const wanted of turn) {
      const { tab, unanswered: writesAhead } = page
      const call: Call = {
        wanted,
        tab: tab.id,
        from: site.time.now,
        to: Infinity,
        writesAhead,
        isAfterHeal: site.isHealed,
      }
      calls.push(call)
      const told = (answer: NonNullable<Call['answer']>) => {
        if (!tab.isAlive) return
        call.to = site.time.now
        call.answer = answer
        if (isWrite(wanted)) page.unanswered -= 1
        if ('value' in answer) learn(page, wanted, answer.value)
      }
      currentTab
        .run(tab, async () => perform(page.store, wanted))
        .then(
          value => told({ value }),
          error => told({ error }),
        )
    }
  }

  const pages = Array.from({ length: random.between(1, 2) }, newPage)
  const crash = (index: number) => {
    const page = pages[index]
    if (page === undefined) return
    site.crash(page.tab)
    crashedTabs.add(page.tab.id)
    pages[index] = newPage()
  }
  const strike = (fault: SiteFault): void => {
    switch (fault) {
      case 'private mode':
      case 'held by another tab':
      case 'no room':
        site.begin(fault)
        site.time.in(random.between(10, 15_000), () => site.end(fault))
        return
      case 'closed by the browser':
        return site.closeAll()
      case 'cleared':
        return site.clear()
      case 'tab crashes':
        return crash(random.between(0, pages.length - 1))
      case 'page is left':
        return site.leave(random.pick(pages).tab, random.between(1, 20_000))
      case 'power fails':
        for (const { tab } of pages) crashedTabs.add(tab.id)
        site.powerFails(pages.map(({ tab }) => tab))
        for (const index of pages.keys()) pages[index] = newPage()
    }
  }

  const strayed = (error: unknown) => void strayErrors.push(error)
  process.on('unhandledRejection', strayed)
  const steps = random.between(5, 25)
  const isLeft = random.chance(0.3)
  for (let step = 0; step < steps; step++) {
    site.time.at(random.between(0, random.pick([500, 5_000, FAULTS_MS])), () => {
      const page = random.pick(pages)
      const turn = Array.from({ length: random.pick([1, 1, 1, 2, 4]) }, () => wantedOf(page, random))
      site.tell(page.tab, () => {
        if (page.tab.isAlive) ask(page, turn)
      })
      if (!isLeft || !random.chance(0.2)) return
      // In the middle of what the page does, or before its promises go on.
      const leave = () => site.leave(page.tab, random.between(1, 20_000))
      if (random.chance(0.5)) leave()
      else site.time.in(random.between(0, 8), leave)
    })
  }
  for (const fault of SITE_FAULTS) {
    if (random.chance(0.25))
      site.time.at(random.between(0, random.pick([200, 5_000, FAULTS_MS])), () => strike(fault))
  }
  // From the first call on, where the browser never lets it in.
  if (random.chance(0.1)) site.time.at(0, () => strike('private mode'))
  site.time.at(FAULTS_MS, () => site.heal())
  await site.time.runUntil(END_MS)
  // Each handle that died is one call from being opened anew; a connection that nobody misses is none.
  for (const wanted of finalCalls()) {
    for (const page of pages) ask(page, [wanted(page)])
    await site.time.runUntil(site.time.now + 10_000)
  }
  process.off('unhandledRejection', strayed)
  return { site, calls, crashedTabs, busyTimeoutMs, hasFallback, weak, fallbackWrites, strayErrors }

  /** Each key is read and written, and then all are listed. */
  function finalCalls(): readonly ((page: Page) => Wanted)[] {
    const written = (key: string) => (page: Page) => ({
      kind: 'set' as const,
      key,
      value: `value ${(values += 1)}`,
      expected: page.known.get(key) ?? null,
      open: true,
    })
    const ofKeys = KEYS.flatMap(key => [() => ({ kind: 'get' as const, key }), written(key)])
    return [...ofKeys, () => ({ kind: 'listOpen', prefix: '' })]
  }
}

function isWrite({ kind }: Wanted): boolean {
  return kind === 'set' || kind === 'delete'
}

async function perform(store: RecordStore, wanted: Wanted): Promise<unknown> {
  switch (wanted.kind) {
    case 'get':
      return store.get(wanted.key)
    case 'set': {
      const { key, value, expected, open, expiresAt } = wanted
      return store.set(key, value, { expected, open, ...(expiresAt !== undefined && { expiresAt }) })
    }
    case 'delete':
      return store.delete(wanted.key, { expected: wanted.expected })
    case 'listOpen':
      return all(store.listOpen(wanted.prefix))
    case 'listSettled':
      return all(store.listSettled?.(wanted.prefix))
  }
}

async function all<Value>(values: AsyncIterable<Value> = none()): Promise<readonly Value[]> {
  const found: Value[] = []
  for await (const value of values) found.push(value)
  return found
}

async function* none(): AsyncGenerator<never> {}

function learn({ known }: Page, wanted: Wanted, value: unknown): void {
  if (wanted.kind === 'get')
    known.set(wanted.key, (value as { version: string } | undefined)?.version ?? null)
  if (wanted.kind === 'set' && value !== undefined) known.set(wanted.key, value as string)
  if (wanted.kind === 'delete' && value === true) known.set(wanted.key, null)
}
