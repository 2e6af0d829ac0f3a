import type { ReactElement } from 'react'
import { useEffect } from 'react'
import { useIdempotentMutation } from 'stillonce/react'
import { money, useCart } from './cart.ts'
import { useComparison } from './comparison.ts'
import { Controls } from './controls.tsx'
import { Fairness } from './fairness.tsx'
import { LaneCard } from './lane-card.tsx'
import { useOffice } from './office.ts'
import { plainNotice } from './plain-notice.ts'
import { canPayPlainly, payPlainly, usePlainPayment } from './plain-payment.ts'
import { countPress } from './presses.ts'
import { payCart } from './shop.ts'
import { stillonceNotice } from './stillonce-notice.ts'
import { note } from './timeline.ts'
import { Timeline } from './timeline-view.tsx'

export function App(): ReactElement {
  const [cart, fillAnother] = useCart()
  const [isCompared, compare] = useComparison()
  const office = useOffice()
  const plain = usePlainPayment(cart.id)
  const pay = useIdempotentMutation(payCart, { restore: cart, send: true })

  const notice = stillonceNotice(pay)

  useEffect(() => noteReload(cart.id), [cart.id])

  const pressStillonce = () => {
    countPress('stillonce', cart.id)
    note(cart.id, 'user', pay.isPending ? 'Pay again: joins it' : 'Pay')
    pay.mutate(cart)
  }
  const pressPlain = () => {
    if (!canPayPlainly(cart.id)) return
    countPress('plain', cart.id)
    void payPlainly(cart)
  }
  const helpStillonce = () => {
    const { help } = notice
    if (help === 'Try again') return pressStillonce()
    note(cart.id, 'user', help ?? '')
    if (help === 'Check now') void payCart.settle(cart)
    else pay.mutate(cart)
  }
  const press = () => {
    if (isCompared) pressPlain()
    pressStillonce()
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
        <h1>Press it twice, reload, lose the answer: it still happens once.</h1>
        <label className="switch">
          <input
            type="checkbox"
            role="switch"
            checked={isCompared}
            onChange={event => compare(event.target.checked)}
          />
          <span>Plain fetch beside it</span>
        </label>
      </header>
      <main>
        <Controls office={office} price={money(cart.total)} onPay={press} onAnother={another} />
        <div className="lanes">
          {isCompared && (
            <LaneCard
              lane="plain"
              title="Plain fetch with retries"
              cart={cart}
              office={office}
              notice={plainNotice(plain)}
              onHelp={pressPlain}
            />
          )}
          <LaneCard
            lane="stillonce"
            title="stillonce"
            cart={cart}
            office={office}
            notice={notice}
            onHelp={helpStillonce}
          />
        </div>
        <div className="asides">
          <Timeline cart={cart.id} />
          <Fairness />
        </div>
      </main>
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
