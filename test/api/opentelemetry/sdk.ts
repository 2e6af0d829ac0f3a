import type { Attributes } from '@opentelemetry/api'
import { SpanStatusCode } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import type { CollectionResult, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { DataPointType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { OpenTelemetry } from '../../../src/opentelemetry/open-telemetry.ts'
import { openTelemetry } from '../../../src/opentelemetry/open-telemetry.ts'

/** Collects when it is asked to. */
class HandReader extends MetricReader {
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}

/** The real SDK of one process, with what it would have exported. */
export type Sdk = {
  readonly telemetry: OpenTelemetry
  readonly tracerProvider: TracerProvider
  /** In the order in which they ended. */
  readonly spans: () => readonly SeenSpan[]
  readonly collect: () => Promise<ResourceMetrics>
  /** `name{attribute=value} number`, of a histogram count and sum, in alphabetical order. */
  readonly metrics: () => Promise<readonly string[]>
  /** As Prometheus gets it. */
  readonly prometheus: () => Promise<string>
}

export type SeenSpan = {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | undefined
  readonly attributes: Attributes
  readonly status: string
  readonly events: readonly [name: string, attributes: Attributes][]
  readonly links: readonly { readonly spanId: string; readonly traceId: string; readonly why: unknown }[]
}

export function sdk(): Sdk {
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const reader = new HandReader()
  const meterProvider = new MeterProvider({ readers: [reader] })
  const propagator = new W3CTraceContextPropagator()
  const collect = async () => {
    const { resourceMetrics, errors }: CollectionResult = await reader.collect()
    if (errors.length > 0) throw errors[0]
    return resourceMetrics
  }
  return {
    telemetry: openTelemetry({ tracerProvider, meterProvider, propagator }),
    tracerProvider,
    spans: () => exporter.getFinishedSpans().map(seen),
    collect,
    metrics: async () => lines(await collect()),
    prometheus: async () => new PrometheusSerializer(undefined, false).serialize(await collect()),
  }
}

function seen(span: ReadableSpan): SeenSpan {
  const { traceId, spanId } = span.spanContext()
  return {
    name: span.name,
    kind: span.kind,
    traceId,
    spanId,
    parentId: span.parentSpanContext?.spanId,
    attributes: span.attributes,
    status: SpanStatusCode[span.status.code],
    events: span.events.map(({ name, attributes = {} }) => [name, attributes]),
    links: span.links.map(({ context, attributes }) => ({
      spanId: context.spanId,
      traceId: context.traceId,
      why: attributes?.['stillonce.link'],
    })),
  }
}

function lines({ scopeMetrics }: ResourceMetrics): readonly string[] {
  return scopeMetrics
    .flatMap(({ metrics }) => metrics)
    .flatMap(metric =>
      metric.dataPointType === DataPointType.HISTOGRAM
        ? metric.dataPoints.map(({ attributes, value }) =>
            line(metric.descriptor.name, attributes, `${value.count} ${value.sum}`),
          )
        : metric.dataPoints.map(({ attributes, value }) =>
            line(metric.descriptor.name, attributes, JSON.stringify(value)),
          ),
    )
    .toSorted()
}

function line(name: string, attributes: Attributes, value: string): string {
  const told = Object.entries(attributes).map(([key, of]) => `${key.replace('stillonce.', '')}=${String(of)}`)
  return `${name.replace('stillonce.', '')}{${told.join(' ')}} ${value}`
}
