import type { OfficeState } from '../server/back-office.ts'
import type { Controls, Fault } from '../server/faults.ts'
import { watched } from './watched.ts'

declare const OFFICE_URL: string

export type Office = Omit<OfficeState, 'fault'> & {
  /** Undefined until the back office has said what is so. */
  readonly fault: Fault | undefined
  /** The back office cannot be heard now: this is how the ledgers were. */
  readonly isOld: boolean
}

const NO_BOOKS = { charges: [], deliveries: [] }

let state: Office = { fault: undefined, stopped: false, isOld: false, plain: NO_BOOKS, stillonce: NO_BOOKS }
const { changed, use } = watched()

function show(next: Office): void {
  state = next
  changed()
}

const source = new EventSource(OFFICE_URL)
source.addEventListener('message', (message: MessageEvent<string>) =>
  show({ ...(JSON.parse(message.data) as OfficeState), isOld: false }),
)
source.addEventListener('error', () => show({ ...state, isOld: true }))

/** The server's side of the story, as it happens. */
export function useOffice(): Office {
  return use(() => state)
}

export async function turn(controls: Controls): Promise<void> {
  // Shown at once; the office's own word comes a moment later.
  show({ ...state, ...controls })
  await fetch(OFFICE_URL, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(controls),
  })
}
