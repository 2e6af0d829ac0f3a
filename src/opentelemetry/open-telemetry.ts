import type { MeterProvider, TextMapPropagator, TracerProvider } from '@opentelemetry/api'
import { metrics, propagation, trace } from '@opentelemetry/api'
import { configurationError } from '../public/errors.ts'
import type { OperationEventListener } from '../public/event-listener.ts'
import type { RunTracer } from '../public/run-trace.ts'
import type { KeyEventListener } from '../server/events.ts'
import { clientMetrics } from './client-metrics.ts'
import { runSpans } from './run-spans.ts'
import type { CountsKeys } from './server-metrics.ts'
import { observeKeys, serverMetrics } from './server-metrics.ts'

export type OpenTelemetryOptions = {
  /** Default: the application's own, as registered with `@opentelemetry/api`. */
  readonly tracerProvider?: TracerProvider | undefined
  readonly meterProvider?: MeterProvider | undefined
  /**
   * What writes the trace context into requests. Default: the application's own, as registered with `@opentelemetry/api`.
   * `false`: nothing is written, for an application whose instrumentation of fetch writes it, so that it goes out once.
   */
  readonly propagator?: Pick<TextMapPropagator, 'inject'> | false | undefined
}

export type OpenTelemetry = {
  /** Options of a client: `createClient({ …, ...telemetry.client })`. */
  readonly client: { readonly onEvent: OperationEventListener; readonly trace: RunTracer }
  /** Options of a server: `createIdempotency({ …, ...telemetry.server })`. */
  readonly server: { readonly onEvent: KeyEventListener }
  /**
   * Reports how many keys of a server are at work, and how many wait for somebody who concludes, whenever metrics are
   * collected. Gives the function that ends it.
   */
  readonly observeKeys: (once: CountsKeys) => () => void
}

const NAME = 'stillonce'

/**
 * Spans and metrics by the API of OpenTelemetry: a span for each run of an operation, and counters and times of clients
 * and servers. Without an SDK in the application it does nothing. Throws a `configuration` error that names a wrong option.
 *
 * @example
 * const telemetry = openTelemetry()
 * const client = createClient({ store, scope, profile, ...telemetry.client })
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): OpenTelemetry {
  checkOptions(options)
  const { tracerProvider = trace, meterProvider = metrics, propagator = propagation } = options
  const meter = () => meterProvider.getMeter(NAME)
  return {
    client: {
      onEvent: clientMetrics(meter),
      trace: runSpans({
        tracer: () => tracerProvider.getTracer(NAME),
        propagator: propagator === false ? undefined : propagator,
      }),
    },
    server: { onEvent: serverMetrics(meter) },
    observeKeys: once => observeKeys(meter(), once),
  }
}

/** What each option must have. */
const METHODS: Readonly<Record<string, string>> = {
  tracerProvider: 'getTracer',
  meterProvider: 'getMeter',
  propagator: 'inject',
}

/** An option that is wrong would show by a warning at each event, or not at all. */
function checkOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null)
    throw configurationError('openTelemetry', `takes { ${Object.keys(METHODS).join(', ')} }`)
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined
    if (method === undefined) throw configurationError(`openTelemetry.${name}`, 'there is no such option')
    if (value === undefined || (name === 'propagator' && value === false)) continue
    if (typeof value !== 'object' || value === null || typeof Reflect.get(value, method) !== 'function')
      throw configurationError(`openTelemetry.${name}`, `must have the function \`${method}\``)
  }
}
