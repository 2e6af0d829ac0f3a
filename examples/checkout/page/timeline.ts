import type { OperationEvent } from 'stillonce'
import { watched } from './watched.ts'

/** One thing that happened to a payment, in one of the tabs. */
export type Entry = {
  readonly at: number
  readonly tab: string
  readonly kind: 'user' | 'send' | 'wait' | 'ask' | 'good' | 'bad' | 'doubt' | 'info'
  readonly text: string
  /** How often it happened in a row. */
  readonly times: number
  /** How long it waits after it, in words. */
  readonly pause?: string
}

const LONGEST = 80

/** Kept where the tabs share it and a reload leaves it: what other tabs did is part of the story. */
const placeOf = (cart: string) => `timeline ${cart}`

/** This tab's number. */
export const ownTab = (() => {
  const known = sessionStorage.getItem('tab')
  if (known !== null) return known
  const next = String(Number(localStorage.getItem('tabs') ?? 0) + 1)
  localStorage.setItem('tabs', next)
  sessionStorage.setItem('tab', next)
  return next
})()

const { changed, use } = watched()

export function note(cart: string, kind: Entry['kind'], text: string): void {
  const entries = read(cart)
  const last = entries.at(-1)
  const isSame = last?.tab === ownTab && last.kind === kind && last.text === text
  const entry: Entry = { at: Date.now(), tab: ownTab, kind, text, times: isSame ? last.times + 1 : 1 }
  write(cart, [...(isSame ? entries.slice(0, -1) : entries), entry])
}

/** A pause is told with what it follows. One pause after another: it is to ask less often. */
function notePause(cart: string, delayMs: number): void {
  const entries = read(cart)
  const last = entries.at(-1)
  if (last?.tab !== ownTab) return
  const pause =
    last.pause === undefined ? `waits ${(delayMs / 1_000).toFixed(1)} s` : 'waits on, and asks less often'
  write(cart, [...entries.slice(0, -1), { ...last, pause }])
}

function read(cart: string): readonly Entry[] {
  return parsed(localStorage.getItem(placeOf(cart)))
}

function write(cart: string, entries: readonly Entry[]): void {
  localStorage.setItem(placeOf(cart), JSON.stringify(entries.slice(-LONGEST)))
  changed()
}

export function useTimeline(cart: string): readonly Entry[] {
  return parsed(use(() => localStorage.getItem(placeOf(cart))))
}

function parsed(text: string | null): readonly Entry[] {
  return text === null ? [] : (JSON.parse(text) as Entry[])
}

/** What the client tells of itself, in words. */
export function tell(event: OperationEvent): void {
  if (event.type === 'waiting' && event.reason !== 'offline') notePause(event.operationId, event.delayMs)
  const said = words(event)
  if (said !== undefined) note(event.operationId, said[0], said[1])
}

function words(event: OperationEvent): readonly [Entry['kind'], string] | undefined {
  switch (event.type) {
    case 'attempt':
      return ['send', `Request ${event.attempt}: key kept, sent`]
    case 'answer':
      return answered(event.status, event.verdict)
    case 'waiting':
      return event.reason === 'offline' ? ['wait', 'Offline: waits for the connection'] : undefined
    case 'poll':
    case 'query':
      return ['ask', `Asks the server: ${READINGS[event.reading] ?? event.reading}`]
    case 'taken-over':
      return ['info', 'Takes over: a tab has gone']
    case 'settled':
      return ended(event)
    case 'late-success':
    case 'store-failed':
      return ['bad', event.type === 'store-failed' ? 'The browser’s storage failed' : 'A late success']
    default:
      return undefined
  }
}

const READINGS: Readonly<Record<string, string>> = {
  executed: 'charged',
  'not-executed': 'not charged',
  processing: 'still at work',
  absent: 'never seen',
  inconclusive: 'no answer',
}

function answered(status: number | undefined, verdict: string): readonly [Entry['kind'], string] {
  if (status === undefined) return ['doubt', 'No answer: may be charged']
  if (verdict === 'succeeded') return ['good', `Answer ${status}: paid`]
  if (verdict === 'processing') return ['ask', `Answer ${status}: the bank is at work`]
  if (verdict === 'rejected') return ['bad', `Answer ${status}: refused`]
  return ['doubt', `Answer ${status}: nothing is certain`]
}

function ended(event: Extract<OperationEvent, { type: 'settled' }>): readonly [Entry['kind'], string] {
  switch (event.outcome) {
    case 'executed':
      return ['good', event.replayed ? 'Paid, by an earlier request' : 'Paid']
    case 'not-executed':
      return ['bad', 'Not charged, and that is proven']
    case 'unknown':
      return ['doubt', 'Stops here. The key is kept']
    default:
      return event.outcome satisfies never
  }
}
