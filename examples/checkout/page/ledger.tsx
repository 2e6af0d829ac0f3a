import type { ReactElement } from 'react'
import { money } from './cart.ts'
import type { Office } from './office.ts'

/** The server's books: what was charged, and every request for this cart as it reached the network. */
export function Ledger(props: {
  readonly cart: string
  readonly office: Office
  readonly pressed: number
}): ReactElement {
  const { cart, office, pressed } = props
  const own = office.charges.filter(charge => charge.cart === cart)
  const keys = new Set([
    ...own.map(({ key }) => key),
    ...office.deliveries.filter(delivery => delivery.cart === cart).map(({ key }) => key),
  ])
  const deliveries = office.deliveries.filter(({ key }) => keys.has(key))
  const sent = deliveries.filter(({ method }) => method === 'POST').length
  return (
    <section aria-labelledby="ledger-title" className="card ledger">
      <h2 id="ledger-title">The server’s ledger</h2>
      <dl className="tally">
        <Figure name="pressed" count={pressed} />
        <Figure name="sent" count={sent} />
        <Figure name="charged" count={own.length} isMain={own.length === 1} />
      </dl>
      <div className="scroll" tabIndex={0} role="region" aria-label="Charges">
        <table>
          <thead>
            <tr>
              <th scope="col">Charge</th>
              <th scope="col">Key</th>
              <th scope="col" className="figure">
                Amount
              </th>
            </tr>
          </thead>
          <tbody>
            {office.charges.slice(0, 4).map(charge => (
              <tr key={charge.key} className={charge.cart === cart ? 'own' : undefined}>
                <td>
                  {charge.cart}
                  {charge.cart === cart && <span className="tab">this cart</span>}
                </td>
                <td>
                  <code>{charge.key.slice(0, 8)}</code>
                </td>
                <td className="figure">{money(charge.amount)}</td>
              </tr>
            ))}
            {office.charges.length === 0 && (
              <tr>
                <td colSpan={3} className="quiet">
                  Nothing was charged yet.
                </td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
      {deliveries.length > 0 && (
        <>
          <h3 id="log-title">All that came for this cart, latest first</h3>
          <ol className="log" tabIndex={0} aria-labelledby="log-title">
            {deliveries.map(({ id, method, fate }) => (
              <li key={id}>
                <code>{method}</code> {fate}
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  )
}

function Figure(props: {
  readonly name: string
  readonly count: number
  readonly isMain?: boolean
}): ReactElement {
  return (
    <div className={props.isMain === true ? 'main' : undefined}>
      <dt>{props.name}</dt>
      <dd>{props.count}</dd>
    </div>
  )
}
