import { useSyncExternalStore } from 'react'
import type { OperationEvent } from 'stillonce'

/** One thing that happened to a payment, in one of the tabs. */
export type Entry = {
  readonly at: number
  readonly tab: string
  readonly kind: 'user' | 'send' | 'wait' | 'ask' | 'good' | 'bad' | 'doubt' | 'info'
  readonly text: string
  /** How often it happened in a row. */
  readonly times: number
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

const watchers = new Set<() => void>()

export function note(cart: string, kind: Entry['kind'], text: string): void {
  const entries = parsed(localStorage.getItem(placeOf(cart)))
  const last = entries.at(-1)
  // One wait after another is one line, with the latest delay.
  const isSame = last?.tab === ownTab && last.kind === kind && (last.text === text || kind === 'wait')
  const entry: Entry = { at: Date.now(), tab: ownTab, kind, text, times: isSame ? last.times + 1 : 1 }
  const next = [...(isSame ? entries.slice(0, -1) : entries), entry].slice(-LONGEST)
  localStorage.setItem(placeOf(cart), JSON.stringify(next))
  for (const listener of watchers) listener()
}

export function useTimeline(cart: string): readonly Entry[] {
  const text = useSyncExternalStore(watch, () => localStorage.getItem(placeOf(cart)))
  return parsed(text)
}

function watch(listener: () => void): () => void {
  watchers.add(listener)
  window.addEventListener('storage', listener)
  return () => {
    watchers.delete(listener)
    window.removeEventListener('storage', listener)
  }
}

function parsed(text: string | null): readonly Entry[] {
  return text === null ? [] : (JSON.parse(text) as Entry[])
}

/** What the client tells of itself, in words. */
export function tell(event: OperationEvent): void {
  const said = words(event)
  if (said !== undefined) note(event.operationId, said[0], said[1])
}

function words(event: OperationEvent): readonly [Entry['kind'], string] | undefined {
  switch (event.type) {
    case 'attempt':
      return ['send', `Request ${event.attempt}: key stored, then sent`]
    case 'answer':
      return answered(event.status, event.verdict)
    case 'waiting':
      return event.reason === 'offline'
        ? ['wait', 'Offline: waits for the connection']
        : ['wait', `Waits ${(event.delayMs / 1_000).toFixed(1)} s`]
    case 'poll':
    case 'query':
      return ['ask', `Asks the server: ${READINGS[event.reading] ?? event.reading}`]
    case 'taken-over':
      return ['info', 'Takes over from a tab that has gone']
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
  if (status === undefined) return ['doubt', 'No answer: it may have arrived']
  if (verdict === 'succeeded') return ['good', `Answer ${status}: paid`]
  if (verdict === 'processing') return ['ask', `Answer ${status}: the bank is at work`]
  if (verdict === 'rejected') return ['bad', `Answer ${status}: refused`]
  return ['doubt', `Answer ${status}: nothing is certain`]
}

function ended(event: Extract<OperationEvent, { type: 'settled' }>): readonly [Entry['kind'], string] {
  switch (event.outcome) {
    case 'executed':
      return ['good', event.replayed ? 'Paid: the same receipt again' : 'Paid']
    case 'not-executed':
      return ['bad', 'Not charged, and that is proven']
    case 'unknown':
      return ['doubt', 'Stops here. The key is kept']
    default:
      return event.outcome satisfies never
  }
}
