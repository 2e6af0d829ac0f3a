import type { ReactElement } from 'react'

declare const PLAIN_CODE: string

/** What the comparison is, so that nobody need believe it. */
export function Fairness(): ReactElement {
  return (
    <details className="card">
      <summary>Is this fair?</summary>
      <p>
        Both get the same presses, the same faults, the same timeout and retries with growing pauses. Each has
        a ledger of its own, and what it says is what the server did. A disabled button would stop the double
        click of plain fetch; it helps neither against a lost answer nor after a reload nor in a{' '}
        <a href="/" target="_blank" rel="noreferrer">
          second tab
        </a>
        . This is how it pays:
      </p>
      <pre tabIndex={0} aria-label="The code of plain fetch with retries">
        <code>{PLAIN_CODE}</code>
      </pre>
    </details>
  )
}
