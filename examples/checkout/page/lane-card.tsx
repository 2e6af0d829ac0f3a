import type { ReactElement } from 'react'
import { useEffect, useRef } from 'react'
import type { Lane } from '../server/lanes.ts'
import type { Cart } from './cart.ts'
import { money } from './cart.ts'
import { Countdown } from './countdown.tsx'
import type { Notice } from './notice.ts'
import type { Office } from './office.ts'
import { usePresses } from './presses.ts'
import type { Tally } from './tally.ts'
import { contradiction, countsLine, explanation, headline, tallyOf } from './tally.ts'

const SIGNS: Readonly<Record<Notice['tone'], string>> = {
  idle: '○',
  busy: '',
  good: '✓',
  bad: '✕',
  doubt: '?',
}

/** One way to pay: what the server's ledger says, what the customer reads, and all that came to the server. */
export function LaneCard(props: {
  readonly lane: Lane
  readonly title: string
  readonly cart: Cart
  readonly office: Office
  readonly notice: Notice
  readonly onHelp: () => void
}): ReactElement {
  const { lane, title, cart, office, notice, onHelp } = props
  const tally = tallyOf(cart.id, office[lane])
  const presses = usePresses(lane, cart.id)
  const wrong = contradiction(tally, notice)
  const why = wrong === '' ? explanation(lane, tally, presses) : wrong
  const list = useRef<HTMLOListElement>(null)
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight })
  }, [tally.rows.length])
  return (
    <section aria-labelledby={`${lane}-title`} className="card lane" data-lane={lane}>
      <div className="verdict" data-verdict={verdictOn(tally, wrong)}>
        <h2 id={`${lane}-title`}>{title}</h2>
        <p className="headline">{headline(tally)}</p>
        <p>{tally.charges === 0 ? `${money(cart.total)} to pay` : `${money(tally.amount)} taken`}</p>
      </div>
      <div className="part">
        <h3>
          The customer reads <Countdown to={notice.nextAt} />
        </h3>
        <div className="notice" data-tone={notice.tone}>
          <div
            role="status"
            aria-label={`${title}: the customer reads`}
            aria-live="polite"
            aria-atomic="true"
          >
            <span aria-hidden="true" className="sign">
              {SIGNS[notice.tone]}
            </span>
            <p>
              {notice.sentence} {notice.detail !== undefined && <small>{notice.detail}</small>}
            </p>
          </div>
          {notice.help !== undefined && (
            <button type="button" className="plain" onClick={onHelp}>
              {notice.help}
            </button>
          )}
        </div>
      </div>
      <div className="part books">
        <h3 id={`${lane}-books`}>The server’s ledger{office.isOld && ', as last seen'}</h3>
        <p className="counts">{countsLine(tally, presses)}</p>
        {tally.rows.length > 0 && (
          <ol ref={list} tabIndex={0} aria-labelledby={`${lane}-title ${lane}-books`}>
            {tally.rows.map(({ id, text, isCharge }) => (
              <li key={id} data-charge={isCharge ? '' : undefined}>
                {text}
              </li>
            ))}
          </ol>
        )}
        {why !== '' && <p className="why">{why}</p>}
      </div>
    </section>
  )
}

function verdictOn({ charges }: Tally, wrong: string): 'none' | 'right' | 'wrong' {
  if (charges === 0) return 'none'
  return charges === 1 && wrong === '' ? 'right' : 'wrong'
}
