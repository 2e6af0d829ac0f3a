export type { UndiciFetchOptions } from '../transports/undici/undici-fetch.ts'
export { undiciFetch } from '../transports/undici/undici-fetch.ts'
