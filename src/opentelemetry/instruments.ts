import type { Counter, Histogram, Meter } from '@opentelemetry/api'
import type { Instrument } from './names.ts'
import { BUCKETS } from './names.ts'

/** Creates each instrument when its first value comes. By then the application has registered its provider. */
export function instrumentsOf(meter: () => Meter): {
  readonly counter: (about: Instrument) => Counter
  readonly histogram: (about: Instrument) => Histogram
} {
  const counters = new Map<string, Counter>()
  const histograms = new Map<string, Histogram>()
  return {
    counter: about =>
      madeOnce(counters, about, ({ name, ...options }) => meter().createCounter(name, options)),
    histogram: about =>
      madeOnce(histograms, about, ({ name, ...options }) =>
        meter().createHistogram(name, { ...options, advice: { explicitBucketBoundaries: [...BUCKETS] } }),
      ),
  }
}

function madeOnce<Made>(made: Map<string, Made>, about: Instrument, make: (about: Instrument) => Made): Made {
  const before = made.get(about.name)
  if (before !== undefined) return before
  const now = make(about)
  made.set(about.name, now)
  return now
}
