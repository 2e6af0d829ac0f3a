import { tell } from '../../guards/listeners.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import type { Settled } from '../settled.ts'
import type { Snapshot } from '../snapshot.ts'
import type { ResumeOptions } from './call-arguments.ts'
import { resumeStored } from './settle-and-resume.ts'

/**
 * Gets what is known of the operation after each look, with `nextLookAt`; and once, with the last call, how it ended.
 * Nothing is called after that, nor after the watch was stopped.
 */
export type WatchListener<Output = unknown> = (
  snapshot: Snapshot<Output>,
  end: Settled<Output> | undefined,
) => void

/** Pauses between looks grow from one to the other, ms. */
const FIRST_PAUSE_MS = 4_000
const LONGEST_PAUSE_MS = 30_000

/**
 * Watches one operation until its outcome is known, for whoever shows it: a component, a page without React. It looks at
 * once, and where nothing is stored again after a pause. A run of the operation that is under way in this process is
 * joined as an observer, which neither keeps it going nor stops it.
 *
 * `operation.watch(input, listener, options)` is this function for those who have the operation itself; the hook uses that.
 */
export function watchOne<Output>(
  context: OperationContext,
  operation: Named,
  listener: WatchListener<Output>,
  { send, signal }: ResumeOptions = {},
): () => void {
  const { runtime, listenerFailed } = context.core.engine
  const stop = new AbortController()
  let cancel = () => {}
  let looks = 0
  const end = () => {
    stop.abort()
    cancel()
  }
  const again = (): number => {
    const ceilingMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** looks++)
    const delayMs = ceilingMs * (0.5 + runtime.random() / 2)
    cancel = runtime.after(delayMs, () => void look())
    return runtime.now() + delayMs
  }
  const look = async (): Promise<void> => {
    const run = await resumeStored<Output>(context, operation, { send, signal: stop.signal })
    const settled = await run?.settled
    if (stop.signal.aborted) return
    if (run === undefined || settled === undefined) return void again()
    if (settled.outcome !== 'unknown') {
      tell(() => listener(run.snapshot, settled), 'watch', listenerFailed)
      return end()
    }
    const nextLookAt = again()
    tell(() => listener(Object.freeze({ ...run.snapshot, nextLookAt }), undefined), 'watch', listenerFailed)
  }
  signal?.addEventListener('abort', end, { once: true })
  if (signal?.aborted === true) end()
  else void look()
  return end
}
