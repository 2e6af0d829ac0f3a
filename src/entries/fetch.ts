export type { FetchTransportOptions } from '../transports/fetch.ts'
export { fetchTransport } from '../transports/fetch.ts'
