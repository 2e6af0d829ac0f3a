import type { Cart } from './cart.ts'
import { payByPlainFetch } from './plain-fetch.ts'
import { watched } from './watched.ts'

/** What a shop with plain fetch knows of a payment: what this page has seen of it. A reload forgets it. */
export type PlainPayment =
  | { readonly status: 'idle' | 'paying' | 'failed' }
  | { readonly status: 'paid'; readonly receipt: string }
  | { readonly status: 'declined'; readonly message: string }

type Page = { readonly cart: string; readonly underWay: number; readonly end: PlainPayment }

const IDLE: PlainPayment = { status: 'idle' }
const PAYING: PlainPayment = { status: 'paying' }
const { changed, use } = watched()

let page: Page = { cart: '', underWay: 0, end: IDLE }

function show(next: Page): void {
  page = next
  changed()
}

function shown(cart: string): PlainPayment {
  if (page.cart !== cart) return IDLE
  return page.underWay > 0 && page.end.status !== 'paid' ? PAYING : page.end
}

export function usePlainPayment(cart: string): PlainPayment {
  return use(() => shown(cart))
}

/** Whether a press pays. What this page shows as paid has no button any more. */
export function canPayPlainly(cart: string): boolean {
  return shown(cart).status !== 'paid'
}

export async function payPlainly(cart: Cart): Promise<void> {
  const before = page.cart === cart.id ? page : { cart: cart.id, underWay: 0, end: IDLE }
  show({ ...before, underWay: before.underWay + 1 })
  const end = await payByPlainFetch(cart).then(endOf, () => FAILED)
  if (page.cart !== cart.id) return
  show({ ...page, underWay: page.underWay - 1, end: page.end.status === 'paid' ? page.end : end })
}

const FAILED: PlainPayment = { status: 'failed' }

async function endOf(response: Response): Promise<PlainPayment> {
  const told = (await response.json()) as { readonly receipt?: string; readonly title?: string }
  if (response.ok) return { status: 'paid', receipt: told.receipt ?? '' }
  return response.status === 402 ? { status: 'declined', message: told.title ?? '' } : FAILED
}
