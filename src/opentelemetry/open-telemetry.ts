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
   * Writes the trace context into requests. Default: the application's own propagator, as registered with
   * `@opentelemetry/api`. Use `false` if the application's instrumentation of fetch already writes the context, so
   * that it is sent once.
   */
  readonly propagator?: Pick<TextMapPropagator, 'inject'> | false | undefined
}

export type OpenTelemetry = {
  /** Options for a client: `createClient({ …, ...telemetry.client })`. */
  readonly client: { readonly onEvent: OperationEventListener; readonly trace: RunTracer }
  /** Options for a server: `createIdempotency({ …, ...telemetry.server })`. */
  readonly server: { readonly onEvent: KeyEventListener }
  /**
   * Whenever metrics are collected, reports how many keys of a server are being executed, and how many wait to be
   * concluded. Returns a function that stops the reports.
   */
  readonly observeKeys: (once: CountsKeys) => () => void
}

const NAME = 'stillonce'

/**
 * Spans and metrics through the OpenTelemetry API: a span for each run of an operation, and counters and times of
 * clients and servers. Does nothing if the application has no OpenTelemetry SDK. Throws a `configuration` error that
 * names a wrong option.
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

/** The method that each option must have. */
const METHODS: Readonly<Record<string, string>> = {
  tracerProvider: 'getTracer',
  meterProvider: 'getMeter',
  propagator: 'inject',
}

/** Without this check, a wrong option would only cause a warning at each event, or nothing at all. */
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
