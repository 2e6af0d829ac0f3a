import { useSyncExternalStore } from 'react'
import type { OfficeState } from '../server/back-office.ts'
import type { Fault } from '../server/faults.ts'

declare const OFFICE_URL: string

const NOTHING: OfficeState = { fault: 'none', once: false, charges: [], deliveries: [] }

let state = NOTHING
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
export function useOffice(): OfficeState {
  return useSyncExternalStore(watch, () => state)
}

export async function turn(fault: Fault, once: boolean): Promise<void> {
  await fetch(OFFICE_URL, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fault, once }),
  })
}
