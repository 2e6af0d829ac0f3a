import { countsOf, type LoadPart } from '../part.ts'
import { check } from './checker.ts'
import { runHistory, type Subject } from './history.ts'
import type { databasePart as DatabasePart } from '../../../src/stores/indexed-db/late-store.ts'

export const loadIndexedDBPart: LoadPart = async suffix => {
  const { indexedDBStore } = (await import(
    `../../../src/stores/indexed-db/indexed-db-store.ts${suffix}`
  )) as Pick<Subject, 'indexedDBStore'>
  const { memoryStore } = (await import(`../../../src/stores/memory/memory-store.ts${suffix}`)) as Pick<
    Subject,
    'memoryStore'
  >
  const { databasePart } = (await import(`../../../src/stores/indexed-db/late-store.ts${suffix}`)) as {
    readonly databasePart: typeof DatabasePart
  }
  // Loaded once, so that no history's time depends on it.
  await databasePart.load()
  return {
    run: async seed => {
      const history = await runHistory(seed, { indexedDBStore, memoryStore })
      const ends = history.calls.map(({ wanted, answer }) => `${wanted.kind}: ${endOf(answer)}`)
      const strikes = history.site.strikes.map(({ kind }) => kind)
      return { violations: check(history), counts: countsOf([...strikes, ...ends]) }
    },
  }
}

function endOf(answer: { readonly value: unknown } | { readonly error: unknown } | undefined): string {
  if (answer === undefined) return 'gone with its tab'
  if ('error' in answer) return `rejected, ${String((answer.error as { readonly reason?: unknown }).reason)}`
  return answer.value === undefined || answer.value === false ? 'told no' : 'told'
}
