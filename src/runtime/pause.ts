import type { Cue } from './cue.ts'
import type { Runtime } from './runtime.ts'

/** Resolves after `delayMs`, or as soon as the cue fires. The caller checks which it was. */
export function pause(runtime: Runtime, delayMs: number, cue: Cue): Promise<void> {
  if (cue.fired) return Promise.resolve()
  return new Promise(resolve => {
    const end = () => {
      cancel()
      off()
      resolve()
    }
    const cancel = runtime.after(delayMs, end)
    const off = cue.on(end)
  })
}
