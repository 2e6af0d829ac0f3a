import type { ReactElement } from 'react'
import { useEffect, useState } from 'react'

/** For the eye only: a screen reader is told once that it goes on. */
export function Countdown({ to }: { readonly to: number | undefined }): ReactElement | null {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (to === undefined) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 100)
    return () => clearInterval(timer)
  }, [to])
  if (to === undefined || to <= now) return null
  return (
    <span aria-hidden="true" className="figure">
      goes on in {((to - now) / 1_000).toFixed(1)} s
    </span>
  )
}
