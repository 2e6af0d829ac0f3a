import { joinedHeaders } from './sdk-fetch.ts'

/** `HttpHeaders` of Azure's SDKs. */
export type AzureHeaders = Iterable<[string, string]> & {
  get(name: string): string | undefined
  has(name: string): boolean
  set(name: string, value: string | number | boolean): void
  delete(name: string): void
  toJSON(options?: { preserveCase?: boolean }): Record<string, string>
}

/** Wraps headers in the form that Azure's SDKs use. */
export function azureHeaders(headers: Headers): AzureHeaders {
  return {
    get: name => headers.get(name) ?? undefined,
    has: name => headers.has(name),
    set: (name, value) => headers.set(name, String(value)),
    delete: name => headers.delete(name),
    toJSON: () => joinedHeaders(headers),
    [Symbol.iterator]: () => Object.entries(joinedHeaders(headers))[Symbol.iterator](),
  }
}
