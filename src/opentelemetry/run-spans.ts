import type { Attributes, Context, Span, SpanContext, TextMapPropagator, Tracer } from '@opentelemetry/api'
import {
  SpanKind,
  SpanStatusCode,
  context,
  defaultTextMapSetter,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api'
import type { OperationEvent } from '../public/event-listener.ts'
import type { RunTracer } from '../public/run-trace.ts'
import { ATTRIBUTES as A } from './names.ts'

export type SpanSource = {
  readonly tracer: () => Tracer
  /** Undefined: requests carry no trace context. */
  readonly propagator: Pick<TextMapPropagator, 'inject'> | undefined
}

/**
 * A span for each run, as a child of the span that is active at the call. The run's requests carry the span's
 * context.
 */
export function runSpans({ tracer, propagator }: SpanSource): RunTracer {
  return ({ name, operationId, mode }) => {
    const parent = context.active()
    const span = tracer().startSpan(
      `${mode} ${name}`,
      {
        // A span whose context is sent is the client side of what the server does.
        kind: propagator === undefined ? SpanKind.INTERNAL : SpanKind.CLIENT,
        attributes: { [A.operation]: name, [A.operationId]: operationId, [A.mode]: mode },
      },
      parent,
    )
    const about = span.spanContext()
    return {
      traceId: isSpanContextValid(about) ? about.traceId : undefined,
      headers: propagator === undefined ? {} : headersOf(propagator, trace.setSpan(parent, span)),
      onEvent: follower(span),
    }
  }
}

function headersOf(propagator: Pick<TextMapPropagator, 'inject'>, of: Context): Record<string, string> {
  const carrier: Record<string, unknown> = {}
  propagator.inject(of, carrier, defaultTextMapSetter)
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(carrier)) headers[name.toLowerCase()] = String(value)
  return headers
}

/** An event after the end, such as an answer that was read in the background, has no open span to belong to. */
function follower(span: Span): (event: OperationEvent) => void {
  let isOver = false
  return event => {
    if (isOver) return
    if (event.key !== undefined) span.setAttribute(A.key, event.key)
    link(span, event)
    if (event.type !== 'settled') {
      span.addEvent(`stillonce.${event.type}`, attributesOf(event))
      return
    }
    isOver = true
    span.setAttributes(attributesOf(event))
    if (event.outcome !== 'executed')
      span.setStatus({ code: SpanStatusCode.ERROR, message: event.code ?? '' })
    span.end()
  }
}

function link(span: Span, event: OperationEvent): void {
  if (event.type === 'taken-over' && event.fromTrace !== undefined) {
    const from = spanContextOf(event.fromTrace)
    if (from !== undefined) span.addLink({ context: from, attributes: { [A.link]: 'taken-over' } })
  }
  if (event.type === 'joined') {
    const caller = trace.getSpanContext(context.active())
    if (caller !== undefined) span.addLink({ context: caller, attributes: { [A.link]: 'joined' } })
  }
}

/** W3C Trace Context, 3.2. The text is checked, because the content of a store is data from outside. */
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

function spanContextOf(traceparent: string): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent) ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  const about = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
  return isSpanContextValid(about) ? about : undefined
}

/** The attributes of an event. Causes of failures are left out, because their texts come from the failing code. */
function attributesOf(event: OperationEvent): Attributes {
  switch (event.type) {
    case 'claimed':
      return { [A.generation]: event.generation }
    case 'attempt':
      return { [A.attempt]: event.attempt, [A.generation]: event.generation }
    case 'answer':
      return {
        [A.attempt]: event.attempt,
        [A.verdict]: event.verdict,
        [A.reason]: event.reason,
        ...statusOf(event.status),
      }
    case 'waiting':
      return { [A.delay]: event.delayMs / 1_000, [A.reason]: event.reason }
    case 'poll':
    case 'query':
      return { [A.reading]: event.reading, ...statusOf(event.status) }
    case 'settled':
      return {
        [A.outcome]: event.outcome,
        [A.replayed]: event.replayed,
        ...(event.reason !== undefined && { [A.reason]: event.reason }),
        ...(event.code !== undefined && { [A.errorType]: event.code }),
      }
    case 'taken-over':
      return { [A.runner]: event.from }
    case 'late-success':
      return event.generation === undefined ? {} : { [A.generation]: event.generation }
    case 'store-failed':
      return { [A.doing]: event.doing }
    case 'joined':
    case 'claim-lost':
    case 'bytes-changed':
    case 'fact-dropped':
      return {}
    default:
      return event satisfies never
  }
}

function statusOf(status: number | undefined): Attributes {
  return status === undefined ? {} : { [A.status]: status }
}
