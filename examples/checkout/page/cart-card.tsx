import type { ReactElement } from 'react'
import type { Cart } from './cart.ts'
import { money } from './cart.ts'

export function CartCard({ cart }: { readonly cart: Cart }): ReactElement {
  return (
    <>
      <div className="row head">
        <h2 id="cart-title">Your cart</h2>
        <code className="quiet">{cart.id}</code>
      </div>
      <ul className="lines">
        {cart.lines.map(({ name, detail, cents }) => (
          <li key={name} className="row">
            <span>
              {name} <small className="quiet">{detail}</small>
            </span>
            <span className="figure">{money(cents)}</span>
          </li>
        ))}
      </ul>
      <p className="row total">
        <span>Total</span>
        <span className="figure">{money(cart.total)}</span>
      </p>
    </>
  )
}
