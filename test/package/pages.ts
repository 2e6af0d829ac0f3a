type Page = {
  readonly contents: string
  /** Whether one call can be made with it, which shows what is needed before the first byte is sent. */
  readonly sends: boolean
}

const KY = `export { createClient, ietf } from 'stillonce'`
const FETCH = `export { createClient, ietf } from 'stillonce/core'
export { fetchTransport } from 'stillonce/fetch'`
const DATABASE = `export { indexedDBStore } from 'stillonce/browser'`
const HOOK = `export { useIdempotentMutation } from 'stillonce/react'`

/** Pages whose bytes are counted, by the name that .size-limit.json has for them. */
export const PAGES = {
  ky: page(KY, `export { memoryStore } from 'stillonce'`),
  fetch: page(FETCH, `export { memoryStore } from 'stillonce/core'`),
  'browser-ky': sending(KY, DATABASE),
  'browser-fetch': sending(FETCH, DATABASE),
  'browser-ky-react': page(KY, DATABASE, HOOK),
  'browser-fetch-react': page(FETCH, DATABASE, HOOK),
  react: page(HOOK),
  'react-tanstack': page(`export { mutationOptions, mutationStatus } from 'stillonce/tanstack'`),
  'web-storage': page(`export { webStorageStore } from 'stillonce/browser'`),
} as const satisfies Readonly<Record<string, Page>>

function page(...lines: readonly string[]): Page {
  return { contents: lines.join('\n'), sends: false }
}

function sending(...lines: readonly string[]): Page {
  return { contents: lines.join('\n'), sends: true }
}
