import type { ReactElement } from 'react'
import type { Fault } from '../server/faults.ts'
import type { Office } from './office.ts'
import { turn } from './office.ts'

type Choice = readonly [Fault, string, string]

const CHOICES: readonly Choice[] = [
  ['none', 'Nothing', 'all is well'],
  ['lose-answer', 'Lose the answer', 'charged, but nobody hears'],
  ['slow', 'Slow answer', 'six seconds late'],
]

const MORE: readonly Choice[] = [
  ['lose-request', 'Lose the request', 'it never arrives'],
  ['busy', 'Busy server', '503, not executed'],
  ['later', 'Slow bank', '202, done in four seconds'],
  ['declined', 'Declined card', '402, each time'],
]

/** Two clicks of a hand are about so far apart. */
const DOUBLE_CLICK_MS = 120

/** The causes: what goes wrong, and what the customer does. Both lanes meet the same. */
export function Controls(props: {
  readonly office: Office
  readonly price: string
  readonly onPay: () => void
  readonly onAnother: () => void
}): ReactElement {
  const { office, price, onPay, onAnother } = props
  const { fault, stopped } = office
  const choose = (next: Fault) => void turn({ fault: next, stopped })
  const choices = (all: readonly Choice[]) =>
    all.map(([value, name, what]) => (
      <label key={value}>
        <input type="radio" name="fault" checked={fault === value} onChange={() => choose(value)} />
        <span>
          {name} <small>{what}</small>
        </span>
      </label>
    ))
  return (
    <section aria-label="Controls" className="card controls">
      <fieldset>
        <legend>What goes wrong</legend>
        <div className="choices">
          {choices(CHOICES)}
          <button
            type="button"
            className="server"
            data-stopped={stopped}
            onClick={() => void turn({ fault: fault ?? 'none', stopped: !stopped })}
          >
            <span>
              {stopped ? 'Start the server' : 'Stop the server'}{' '}
              <small>{stopped ? 'stopped: nobody listens' : 'and start it later'}</small>
            </span>
          </button>
        </div>
        <details className="more" open={MORE.some(([value]) => value === fault)}>
          <summary>More</summary>
          <div className="choices">{choices(MORE)}</div>
        </details>
      </fieldset>
      <div className="actions">
        <button type="button" className="pay" onClick={onPay}>
          Pay {price}
        </button>
        <button
          type="button"
          className="plain"
          onClick={() => {
            onPay()
            setTimeout(onPay, DOUBLE_CLICK_MS)
          }}
        >
          Double click
        </button>
        <button type="button" className="plain" onClick={() => window.location.reload()}>
          Reload
        </button>
        <button type="button" className="plain" onClick={onAnother}>
          New cart
        </button>
      </div>
    </section>
  )
}
