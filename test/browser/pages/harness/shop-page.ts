import { createClient, ietf, noKeys, type Run } from 'stillonce'
import { indexedDBStore, webStorageStore } from 'stillonce/browser'

/*
 * The page that the tests open in real tabs. What it is to do comes in its query:
 *   store=web  db=NAME  api=ORIGIN  timeout=MS  deadline=MS  retry=usual (as where nothing is said)  offline=always
 *   keys=none (a server that honours no keys)  receipt=wanted (of each answer)
 *   press=CART (by itself, when a worker runs that its process is known by)
 */
const query = new URLSearchParams(location.search)
const name = query.get('db') ?? 'stillonce'
const events: { readonly type: string; readonly [detail: string]: unknown }[] = []

// A browser that is wrong about its network.
if (query.get('offline') === 'always') Object.defineProperty(navigator, 'onLine', { value: false })

const store = query.get('store') === 'web' ? webStorageStore({ name }) : indexedDBStore({ name })
const client = createClient({
  http: { baseUrl: query.get('api') ?? location.origin },
  store,
  scope: 'shopper',
  profile: query.get('keys') === 'none' ? noKeys : ietf,
  timeout: Number(query.get('timeout') ?? 5_000),
  deadline: Number(query.get('deadline') ?? 30_000),
  ...(query.get('retry') !== 'usual' && { retry: { attempts: 6, backoff: { base: 20, cap: 200 } } }),
  poll: { interval: { min: 50, max: 200 } },
  onEvent: event => void events.push({ ...event }),
})

/** An answer with a receipt, as a schema. */
const receipt = {
  '~standard': {
    version: 1 as const,
    vendor: 'shop',
    validate: (value: unknown) =>
      typeof value === 'object' && value !== null && 'receipt' in value
        ? { value }
        : { issues: [{ message: 'no receipt' }] },
  },
}

const charge = client.operation<string>({
  name: 'charge',
  id: cart => cart,
  request: cart => ({ method: 'post', url: 'charges', json: { cart } }),
  persist: 'request',
  ...(query.get('receipt') === 'wanted' && { response: receipt }),
})

export type Paid = {
  readonly outcome: string
  readonly data?: unknown
  readonly code?: string | undefined
  readonly message?: string | undefined
}

const runs = new Map<string, Run>()

const shop = {
  /** Presses Pay, at a moment that tabs agree on where one is given. */
  pay: async (cart: string, at = 0): Promise<Paid> => {
    while (Date.now() < at) {
      // Tabs that sleep until then do not wake at the same moment.
    }
    const run = charge.start(cart)
    runs.set(cart, run)
    const { outcome, data, error } = { data: undefined, ...(await run.settled) }
    return { outcome, data, code: error?.code, message: error?.message }
  },
  /** Presses Pay and does not wait. */
  press: (cart: string): void => void shop.pay(cart),
  snapshot: (cart: string) => {
    const { state, phase, attempts, key, outcome, isPaused } = runs.get(cart)?.snapshot ?? {}
    return { state, phase, attempts, key, outcome, isPaused }
  },
  result: async (cart: string) => {
    const settled = await runs.get(cart)?.settled
    return settled?.outcome
  },
  inspect: async (cart: string) => (await charge.inspect(cart))?.state,
  resume: async () => (await client.resume({ send: true })).map(({ id, outcome }) => ({ id, outcome })),
  events: () => events,
  /** How often this very page came back from the back-forward cache. */
  comebacks: () => comebacks,
  store,
}

let comebacks = 0
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) comebacks += 1
})

declare global {
  interface Window {
    shop: typeof shop
  }
}
window.shop = shop

const toPress = query.get('press')
if (toPress !== null) {
  const greeting = new Blob(['postMessage(0)'], { type: 'text/javascript' })
  const worker = new Worker(URL.createObjectURL(greeting))
  worker.addEventListener('message', () => shop.press(toPress))
}
