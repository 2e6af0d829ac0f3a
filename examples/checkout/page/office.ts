import { useSyncExternalStore } from 'react'
import type { OfficeState } from '../server/back-office.ts'
import type { Fault } from '../server/faults.ts'

declare const OFFICE_URL: string

/** Undefined until the back office has said what is so. */
export type Office = Omit<OfficeState, 'fault'> & { readonly fault: Fault | undefined }

const NOTHING: Office = { fault: undefined, once: false, charges: [], deliveries: [] }

let state: Office = NOTHING
let source: EventSource | undefined
const watchers = new Set<() => void>()

function watch(listener: () => void): () => void {
  watchers.add(listener)
  source ??= open()
  return () => {
    watchers.delete(listener)
    if (watchers.size > 0) return
    source?.close()
    source = undefined
  }
}

function open(): EventSource {
  const opened = new EventSource(OFFICE_URL)
  opened.addEventListener('message', (message: MessageEvent<string>) => {
    state = JSON.parse(message.data) as OfficeState
    for (const listener of watchers) listener()
  })
  return opened
}

/** The server's side of the story, as it happens. */
export function useOffice(): Office {
  return useSyncExternalStore(watch, () => state)
}

export async function turn(fault: Fault | undefined, once: boolean): Promise<void> {
  if (fault === undefined) return
  // Shown at once; the office's own word comes a moment later.
  state = { ...state, fault, once }
  for (const listener of watchers) listener()
  await fetch(OFFICE_URL, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fault, once }),
  })
}
