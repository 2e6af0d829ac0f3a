import type { ReactElement } from 'react'
import { useEffect, useRef } from 'react'
import type { Entry } from './timeline.ts'
import { ownTab, useTimeline } from './timeline.ts'

const SIGNS: Readonly<Record<Entry['kind'], string>> = {
  user: '●',
  send: '↑',
  wait: '◷',
  ask: '↻',
  good: '✓',
  bad: '✕',
  doubt: '?',
  info: '·',
}

/** What the client did, for who wants to know. */
export function Timeline({ cart }: { readonly cart: string }): ReactElement {
  const entries = useTimeline(cart)
  const list = useRef<HTMLOListElement>(null)
  const first = entries[0]?.at ?? 0
  const last = entries.at(-1)
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight })
  }, [entries.length, last?.pause])
  return (
    <details className="card timeline">
      <summary id="timeline-title">What stillonce did, step by step</summary>
      {entries.length === 0 ? (
        <p className="quiet">Nothing yet.</p>
      ) : (
        <ol ref={list} tabIndex={0} aria-labelledby="timeline-title">
          {entries.map(({ at, tab, kind, text, times, pause }) => (
            <li key={`${at} ${tab} ${text}`} data-kind={kind}>
              <span aria-hidden="true" className="sign">
                {SIGNS[kind]}
              </span>
              <span>
                {text}
                {times > 1 && <span className="times"> ×{times}</span>}
                {tab !== ownTab && <span className="tab">tab {tab}</span>}
                {pause !== undefined && <small>{pause}</small>}
              </span>
              <time className="figure quiet" dateTime={new Date(at).toISOString()}>
                +{((at - first) / 1_000).toFixed(1)} s
              </time>
            </li>
          ))}
        </ol>
      )}
    </details>
  )
}
