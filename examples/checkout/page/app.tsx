import type { ReactElement } from 'react'
import { useEffect } from 'react'
import { useIdempotentMutation } from 'stillonce/react'
import { CartCard } from './cart-card.tsx'
import { useCart } from './cart.ts'
import { useOnline } from './connection.ts'
import { Ledger } from './ledger.tsx'
import { useOffice } from './office.ts'
import { Outcome } from './outcome.tsx'
import { presses } from './presses.ts'
import { payCart } from './shop.ts'
import { Switches } from './switches.tsx'
import { note } from './timeline.ts'
import { Timeline } from './timeline-view.tsx'

export function App(): ReactElement {
  const [cart, fillAnother] = useCart()
  const office = useOffice()
  const online = useOnline()
  const pay = useIdempotentMutation(payCart, { restore: cart, send: true })
  const pressed = presses.use(cart.id)

  useEffect(() => noteReload(cart.id), [cart.id])

  const press = () => {
    presses.add(cart.id)
    note(cart.id, 'user', pay.isPending ? 'Pay again: joins it' : 'Pay')
    pay.mutate(cart)
  }
  const another = () => {
    pay.reset()
    fillAnother()
  }

  return (
    <>
      <header className="top">
        <p className="brand">
          <span aria-hidden="true" className="mark" />
          stillonce <span className="quiet">checkout</span>
        </p>
        <h1>Press it twice, reload, lose the network: it still happens once.</h1>
      </header>
      <main>
        <section aria-labelledby="cart-title" className="card shop">
          <CartCard cart={cart} />
          <Outcome pay={pay} online={online} onPay={press} onAnother={another} />
        </section>
        <Switches office={office} />
        <Timeline cart={cart.id} retryAt={pay.isPending ? pay.retryAt : undefined} />
        <Ledger cart={cart.id} office={office} pressed={pressed} />
      </main>
      <footer>
        <p>
          The button is never disabled. Reload, close the page, or open a second one while it pays: no cart is
          charged twice.
        </p>
      </footer>
    </>
  )
}

let noted: string | undefined

/** Once a page, though StrictMode runs effects twice. */
function noteReload(cart: string): void {
  const navigation = performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming | undefined
  if (noted === undefined && navigation?.type === 'reload') note(cart, 'info', 'The page was reloaded')
  noted = cart
}
