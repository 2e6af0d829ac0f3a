import type { OperationDefinition } from '../../../src/client/definition.ts'
import type { RecordStore } from '../../../src/public/store.ts'
import { memoryStore } from '../../../src/stores/memory/memory-store.ts'
import type { Cart, OrderData, Setup, TrialClient } from '../../api/bench/bench.ts'
import { bench, ending, orderDefinition } from '../../api/bench/bench.ts'
import { refusedConnection, reset } from '../../api/bench/scripted-server.ts'

export const definition: OperationDefinition<Cart, OrderData> = {
  ...orderDefinition,
  persist: 'request',
  status: { request: ({ key }) => ({ url: `orders/by-key/${key}` }) },
}

/** A world in which each `scope/id` has lost its one answer, and whose process has gone; another has the definition. */
export async function leftOpen(
  names: readonly string[],
  setup: Setup = {},
  changes: Partial<OperationDefinition<Cart, OrderData>> = {},
  base = definition,
) {
  const world = bench({ retry: { attempts: 1 }, deadline: 100, ...setup })
  const define = (of: TrialClient) => of.client.operation({ ...base, ...changes, redefine: true })
  define(world)
  for (const name of names) {
    const [scope = '', id = ''] = name.split('/')
    world.server.script(reset)
    const order = world.client.withScope(scope).operation({ ...base, ...changes, redefine: true })
    await world.clock.until(ending(order.run({ id })))
  }
  await world.clock.advance(60_000)
  const sent = world.server.requests.length
  const process = (own: Setup = {}) => {
    const made = world.another({ ...setup, ...own })
    define(made)
    return made
  }
  /** What was requested since, in order: by whose id. */
  const asked = () => world.server.requests.slice(sent)
  return { ...world, process, asked, ...process() }
}

/** Writes an open record that was never sent, over what failed before, as `enqueue` does: from what a run writes ahead, without the attempt. */
export async function enqueueIn(store: RecordStore, name: string, changes: object = {}): Promise<void> {
  const [scope = '', id = ''] = name.split('/')
  let row: { readonly key: string; readonly value: string } | undefined
  const kept = memoryStore()
  const scratch = bench({
    retry: { attempts: 1 },
    deadline: 100,
    store: {
      get: key => kept.get(key),
      delete: (key, options) => kept.delete(key, options),
      listOpen: prefix => kept.listOpen(prefix),
      set: (key, value, options) => {
        row ??= { key, value }
        return kept.set(key, value, options)
      },
    },
  })
  const { client } = scratch
  scratch.server.always(refusedConnection)
  await scratch.clock.until(ending(client.withScope(scope).operation(definition).run({ id })))
  if (row === undefined) throw new Error('nothing was written')
  const { inFlight: _, lease: __, firstSentAt: ___, ...record } = JSON.parse(row.value)
  const value = JSON.stringify({ ...record, key: `key-of-${id}`, attempts: 0, ...changes })
  const before = await store.get(row.key)
  await store.set(row.key, value, { expected: before?.version ?? null, open: true })
}
