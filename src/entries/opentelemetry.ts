export {
  openTelemetry,
  type OpenTelemetry,
  type OpenTelemetryOptions,
} from '../opentelemetry/open-telemetry.ts'
export type { CountsKeys } from '../opentelemetry/server-metrics.ts'
