/* What all runtimes do: made at module scope, as the README shows it, and asked by the tests through `answer`. */
import { createClient, ietf, keyValueStore, memoryStore, noKeys } from 'stillonce'
import { createClient as createCoreClient } from 'stillonce/core'
import { fetchTransport } from 'stillonce/fetch'
import { createIdempotency } from 'stillonce/server'

export function makeSubject({ origin, stores = {}, contracts: others = {} }) {
  const profiles = { ietf, noKeys }
  const texts = new Map()
  const all = {
    memory: memoryStore(),
    'key-value': keyValueStore(storageOf(texts)),
    ...stores,
  }

  const contracts = {
    memory: { open: () => memoryStore({ maxSettled: Infinity }) },
    'key-value': { open: () => keyValueStore({ name: 'contract', ...storageOf(texts) }), shared: true },
    ...others,
  }

  const operations = new Map()
  for (const layer of ['ky', 'fetch']) {
    for (const profile of ['ietf', 'noKeys']) {
      for (const [storeName, store] of Object.entries(all)) {
        for (const [to, baseUrl, deadline] of [
          ['server', `${origin}/`, 20_000],
          ['nobody', 'http://127.0.0.1:1/', 1_500],
        ]) {
          const shared = {
            store,
            scope: `${layer} ${profile} ${to}`,
            profile: profiles[profile],
            timeout: Math.min(4_000, deadline),
            deadline,
            retry: { backoff: { base: 10, cap: 20 } },
          }
          const client =
            layer === 'ky'
              ? createClient({ http: { baseUrl }, ...shared })
              : createCoreClient({ transport: fetchTransport({ baseUrl }), ...shared })
          const operation = client.operation({
            name: 'pay',
            id: ({ path }) => path,
            request: ({ path, headers }) => ({ method: 'post', url: path.slice(1), json: { path }, headers }),
            persist: 'request',
            keepHeaders: ['if-match'],
          })
          operations.set(`${layer} ${profile} ${storeName} ${to}`, { operation, client })
        }
      }
    }
  }

  /** The server's half: `POST /once/pay` under a key, and the key's own URL. */
  let effects = 0
  const once = createIdempotency({
    store: stores.server ?? memoryStore({ maxSettled: Infinity }),
    scope: 'shop',
  })
  const pay = async (request, work) => {
    await new Promise(resolve => setTimeout(resolve, 20))
    effects += 1
    return Response.json({ id: effects, input: work.input }, { status: 201 })
  }

  async function serve(request) {
    const { pathname } = new URL(request.url)
    if (pathname === '/once/pay') return once.handle(request, pay, { parse: 'json' })
    if (pathname.startsWith('/once/pay/by-key/'))
      return request.method === 'DELETE' ? once.seal(request) : once.status(request)
    if (pathname.startsWith('/ask/')) {
      const asked = asks[pathname.slice('/ask/'.length)]
      if (asked === undefined) return new Response('nothing of that name', { status: 404 })
      try {
        return Response.json((await asked(await request.json())) ?? null)
      } catch (error) {
        return new Response(String(error?.stack ?? error), { status: 500 })
      }
    }
    return new Response('no such path', { status: 404 })
  }

  const asks = {
    imports: () => importAll(),
    effects: () => effects,
    runtime: () => ({
      userAgent: globalThis.navigator?.userAgent,
      locks: typeof globalThis.navigator?.locks,
      node: globalThis.process?.versions?.node,
    }),

    /** Calls of one operation at once, and how each ended; `abortAfterMs` for the first. */
    async pay({
      layer,
      profile,
      path,
      store = 'memory',
      to = 'server',
      count = 1,
      warm = false,
      headers,
      abortAfterMs,
    }) {
      if (warm) await warmUp(origin)
      const { operation } = operations.get(`${layer} ${profile} ${store} ${to}`)
      const signal = abortAfterMs === undefined ? undefined : AbortSignal.timeout(abortAfterMs)
      const runs = Array.from({ length: count }, () => operation.start({ path, headers }, { signal }))
      return Promise.all(runs.map(async run => toldOf(await run.settled)))
    },

    async pending({ layer, profile, store }) {
      const open = await operations.get(`${layer} ${profile} ${store} server`).client.pending()
      return open.map(({ id, state }) => ({ id, state }))
    },

    /** The names of the cases of the contract that a store fails. */
    async contract({ store }) {
      const { storeContract } = await import('stillonce/testing')
      const { open, shared } = contracts[store]
      const failed = []
      for (const { name, run } of storeContract) {
        await run({ open, shared }).catch(error => failed.push(`${name}: ${error.message}`))
      }
      return { cases: storeContract.length, failed }
    },

    /** What a SQLite store says where there is no SQLite. */
    async sqlite() {
      const { sqliteStore } = await import('stillonce/sqlite')
      try {
        sqliteStore('/tmp/operations.db')
        return 'made'
      } catch ({ code, message }) {
        return { code, message }
      }
    },

    /** A POST by the runtime's own fetch, without this package. */
    async raw({ path, warm = false, headers, abortAfterMs, redirect = 'manual' }) {
      if (warm) await warmUp(origin)
      const signal = abortAfterMs === undefined ? undefined : AbortSignal.timeout(abortAfterMs)
      return rawPost(path.startsWith('/') ? origin + path : path, { headers, signal, redirect })
    },
  }

  return { serve, asks, operations }
}

function storageOf(texts) {
  return {
    get: key => texts.get(key),
    set: async (key, value) => void texts.set(key, value),
    remove: key => texts.delete(key),
    keys: () => texts.keys(),
  }
}

async function rawPost(url, { headers = {}, signal, redirect }) {
  const failed = error => ({
    name: error.name,
    code: error.code ?? error.cause?.code ?? 'none',
    syscall: error.cause?.syscall ?? 'none',
  })
  let answer
  try {
    answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"amount":100}',
      signal,
      redirect,
    })
  } catch (error) {
    return { rejects: failed(error) }
  }
  try {
    return {
      status: answer.status,
      type: answer.type,
      location: answer.headers.get('location'),
      text: await answer.text(),
    }
  } catch (error) {
    return { status: answer.status, cut: failed(error) }
  }
}

/** Opens a connection that the next request may reuse. */
async function warmUp(origin) {
  await (await fetch(`${origin}/warm`)).text()
  await new Promise(resolve => setTimeout(resolve, 50))
}

function toldOf({ outcome, data, replayed, error }) {
  return {
    outcome,
    data,
    replayed,
    code: error?.code,
    attempts: error?.attempts,
    key: error?.key,
    reason: error?.reason,
  }
}

async function importAll() {
  const entries = {
    stillonce: () => import('stillonce'),
    'stillonce/browser': () => import('stillonce/browser'),
    'stillonce/core': () => import('stillonce/core'),
    'stillonce/fetch': () => import('stillonce/fetch'),
    'stillonce/react': () => import('stillonce/react'),
    'stillonce/server': () => import('stillonce/server'),
    'stillonce/server/fastify': () => import('stillonce/server/fastify'),
    'stillonce/server/node': () => import('stillonce/server/node'),
    'stillonce/sqlite': () => import('stillonce/sqlite'),
    'stillonce/tanstack': () => import('stillonce/tanstack'),
    'stillonce/testing': () => import('stillonce/testing'),
  }
  const found = {}
  for (const [name, load] of Object.entries(entries)) {
    try {
      found[name] = Object.keys(await load()).length > 0 ? 'imported' : 'empty'
    } catch (error) {
      found[name] = String(error?.message ?? error)
    }
  }
  return found
}
