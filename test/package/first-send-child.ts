import { registerHooks } from 'node:module'
import { setTimeout as wait } from 'node:timers/promises'
import type * as Browser from 'stillonce/browser'
import type * as Core from 'stillonce/core'
import type * as Fetch from 'stillonce/fetch'
import type * as Main from 'stillonce'
import type { Reached } from './first-send.ts'

/* Loads a page, keeps one chunk of it away, makes one call, and tells how far that came. */
type Page = typeof Browser &
  Pick<typeof Core, 'ietf'> & {
    readonly createClient: (typeof Core)['createClient'] & (typeof Main)['createClient']
    readonly fetchTransport?: (typeof Fetch)['fetchTransport']
  }

const [page = '', keptAway = ''] = process.argv.slice(2)
const baseUrl = 'http://shop.test/'
/** Far longer than it takes to load what is there. */
const PATIENCE_MS = 20_000

const nodeProcess = process
// A page has none, and what asks for it goes another way there.
Reflect.deleteProperty(globalThis, 'process')
registerHooks({
  resolve(specifier, context, next) {
    if (keptAway !== '' && specifier.endsWith(`/${keptAway}`)) throw new Error(`${keptAway} is kept away`)
    return next(specifier, context)
  },
})

const reached: { -readonly [Fact in keyof Reached]: Reached[Fact] } = { sent: false, databaseOpened: false }
globalThis.fetch = async () => {
  reached.sent = true
  return Response.json({ order: 1 }, { status: 201 })
}
Object.assign(globalThis, {
  indexedDB: {
    open() {
      reached.databaseOpened = true
      throw new DOMException('There is none.', 'UnknownError')
    },
  },
})

const { createClient, ietf, fetchTransport, indexedDBStore } = (await import(page)) as Page
const options = { store: smallStore(), scope: 'anna', profile: ietf }
const client =
  fetchTransport === undefined
    ? createClient({ ...options, http: { baseUrl } })
    : createClient({ ...options, transport: fetchTransport({ baseUrl }) })
const order = client.operation({
  name: 'order',
  id: (id: string) => id,
  request: id => ({ method: 'post', url: 'orders', json: { id } }),
})
await Promise.race([Promise.allSettled([order.run('a'), indexedDBStore().get('a')]), wait(PATIENCE_MS)])
nodeProcess.send?.(reached, () => nodeProcess.exit())

/** Keeps the record of one call, so that no store of the package is part of what is measured. */
function smallStore(): Core.RecordStore {
  const values = new Map<string, { readonly value: string; readonly version: string }>()
  return {
    get: async key => values.get(key),
    set: async (key, value, { expected }) => {
      if ((values.get(key)?.version ?? null) !== expected) return undefined
      const version = `${expected ?? ''}+`
      values.set(key, { value, version })
      return version
    },
    delete: async (key, { expected }) => values.get(key)?.version === expected && values.delete(key),
    async *listOpen() {},
    async *listSettled() {},
  }
}
