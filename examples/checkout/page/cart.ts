import { watched } from './watched.ts'

export type Line = { readonly name: string; readonly detail: string; readonly cents: number }

/** What is paid. Its id names the intention: paying this cart, once. */
export type Cart = { readonly id: string; readonly lines: readonly Line[]; readonly total: number }

const SHELF: readonly (readonly Line[])[] = [
  [
    { name: 'Moka pot', detail: 'for three cups', cents: 3_450 },
    { name: 'House blend', detail: '500 g, whole beans', cents: 1_690 },
    { name: 'Two espresso cups', detail: 'stoneware', cents: 2_200 },
  ],
  [
    { name: 'Pour-over dripper', detail: 'porcelain', cents: 2_800 },
    { name: 'Paper filters', detail: '100 pieces', cents: 650 },
    { name: 'Ethiopia Guji', detail: '250 g, light roast', cents: 1_390 },
  ],
  [
    { name: 'Hand grinder', detail: 'steel burrs', cents: 6_900 },
    { name: 'Decaf Colombia', detail: '250 g', cents: 1_290 },
  ],
]

const PLACE = 'cart'
const { changed, use } = watched()

/** The cart outlives the page and is the same in all tabs, as a cart is. */
export function useCart(): readonly [Cart, () => void] {
  const text = use(read)
  return [JSON.parse(text) as Cart, () => fill()]
}

function read(): string {
  return localStorage.getItem(PLACE) ?? fill()
}

function fill(): string {
  const before = Number(localStorage.getItem('carts') ?? 0)
  localStorage.setItem('carts', String(before + 1))
  const lines = SHELF[before % SHELF.length] ?? []
  const total = lines.reduce((sum, { cents }) => sum + cents, 0)
  const id = `cart-${crypto.randomUUID().slice(0, 8)}`
  const text = JSON.stringify({ id, lines, total } satisfies Cart)
  localStorage.setItem(PLACE, text)
  changed()
  return text
}

export function money(cents: number): string {
  return (cents / 100).toLocaleString('en', { style: 'currency', currency: 'EUR' })
}
