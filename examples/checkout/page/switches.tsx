import type { ReactElement } from 'react'
import type { Fault } from '../server/faults.ts'
import { unplug, useOnline } from './connection.ts'
import type { Office } from './office.ts'
import { turn } from './office.ts'

const CHOICES: readonly (readonly [Fault, string, string])[] = [
  ['none', 'All is well', 'every request arrives'],
  ['lose-request', 'Lose the request', 'it never arrives'],
  ['lose-answer', 'Lose the answer', 'charged, but nobody hears'],
  ['slow', 'Slow', 'three seconds an answer'],
  ['busy', 'Busy', 'answers 503'],
  ['later', 'Later', '202, done in four seconds'],
  ['declined', 'Decline the card', 'answers 402'],
  ['down', 'Stop the server', 'nobody listens'],
]

export function Switches({ office }: { readonly office: Office }): ReactElement {
  const online = useOnline()
  return (
    <section aria-labelledby="switches-title" className="card switches">
      <h2 id="switches-title">Break it</h2>
      <fieldset>
        <legend>What goes wrong</legend>
        <div className="choices">
          {CHOICES.map(([fault, name, what]) => (
            <label key={fault}>
              <input
                type="radio"
                name="fault"
                checked={office.fault === fault}
                onChange={() => void turn(fault, office.once)}
              />
              <span>
                {name} <small>{what}</small>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <div className="toggles">
        <label>
          <input
            type="checkbox"
            checked={office.once}
            onChange={event => void turn(office.fault, event.target.checked)}
          />
          <span>Only the next payment request</span>
        </label>
        <label>
          <input type="checkbox" checked={!online} onChange={event => unplug(event.target.checked)} />
          <span>This tab is offline</span>
        </label>
      </div>
    </section>
  )
}
