/*
 * A signal stops all workers of the process that listen to the signal. Then the process ends as it would without
 * workers: by the same signal, unless other code listens to it and so takes over that decision. A second signal
 * meanwhile ends the process at once.
 */

type Stop = () => Promise<unknown>

type Process = {
  readonly pid: number
  readonly prependOnceListener: (signal: string, listener: () => void) => unknown
  readonly off: (signal: string, listener: () => void) => unknown
  readonly listenerCount: (signal: string) => number
  readonly kill: (pid: number, signal: string) => unknown
}

type Heard = { readonly stops: Set<Stop>; readonly listener: () => void }

const heard = new Map<string, Heard>()

/** Stops at the signals. Returns a function that stops listening. Does nothing in a runtime without signals. */
export function endOnSignal(
  signals: readonly string[],
  stop: Stop,
  process: Process | undefined = signalsOfThisProcess(),
): () => void {
  if (process === undefined) return () => {}
  for (const signal of signals) {
    const entry = heard.get(signal) ?? listen(signal, process)
    entry.stops.add(stop)
  }
  return () => {
    for (const signal of signals) {
      const entry = heard.get(signal)
      entry?.stops.delete(stop)
      if (entry === undefined || entry.stops.size > 0) continue
      heard.delete(signal)
      process.off(signal, entry.listener)
    }
  }
}

function listen(signal: string, process: Process): Heard {
  const stops = new Set<Stop>()
  const listener = () => {
    heard.delete(signal)
    // Counted before the other listeners run, because a listener for one event is gone afterwards.
    const isAnothers = process.listenerCount(signal) > 0
    void Promise.allSettled([...stops].map(stop => stop())).then(() => {
      if (!isAnothers && process.listenerCount(signal) === 0) process.kill(process.pid, signal)
    })
  }
  const entry = { stops, listener }
  heard.set(signal, entry)
  process.prependOnceListener(signal, listener)
  return entry
}

function signalsOfThisProcess(): Process | undefined {
  const { process } = globalThis as { readonly process?: Partial<Process> }
  return typeof process?.prependOnceListener === 'function' && typeof process.kill === 'function'
    ? (process as Process)
    : undefined
}
