import type { ReactElement } from 'react'
import { useEffect, useRef, useState } from 'react'
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

export function Timeline(props: {
  readonly cart: string
  readonly retryAt: number | undefined
}): ReactElement {
  const entries = useTimeline(props.cart)
  const list = useRef<HTMLOListElement>(null)
  const first = entries[0]?.at ?? 0
  const last = entries.at(-1)
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight })
  }, [entries.length, last?.pause])
  return (
    <section aria-labelledby="timeline-title" className="card timeline">
      <div className="row head">
        <h2 id="timeline-title">What happens</h2>
        <Countdown to={props.retryAt} />
      </div>
      {entries.length === 0 ? (
        <div className="empty">
          <p>Nothing yet. Try this:</p>
          <ul>
            <li>Choose “Lose the answer”, then press Pay five times.</li>
            <li>Choose “Slow”, press Pay, and reload the page.</li>
            <li>Press Pay here and in a second tab.</li>
            <li>Stop the server, press Pay, and start it again later.</li>
          </ul>
        </div>
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
    </section>
  )
}

/** For the eye only: a screen reader is told once that it waits. */
function Countdown({ to }: { readonly to: number | undefined }): ReactElement | null {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (to === undefined) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 100)
    return () => clearInterval(timer)
  }, [to])
  if (to === undefined || to <= now) return null
  return (
    <span aria-hidden="true" className="figure quiet">
      next step in {((to - now) / 1_000).toFixed(1)} s
    </span>
  )
}
