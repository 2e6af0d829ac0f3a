import type { IdempotentMutation } from 'stillonce/react'
import type { Cart } from './cart.ts'
import type { Notice } from './notice.ts'
import { sentenceFor } from './sentences.ts'

export type Pay = IdempotentMutation<Cart, { receipt: string; amount: number }>

const GOES_ON = 'Still paying. We go on by ourselves.'

/** The words of docs/what-to-tell-the-user.md. */
export function stillonceNotice(pay: Pay): Notice {
  switch (pay.status) {
    case 'idle':
      return { tone: 'idle', sentence: 'Not paid yet.' }
    case 'pending':
      return { tone: 'busy', sentence: progressOf(pay), nextAt: pay.retryAt }
    case 'success':
      return {
        tone: 'good',
        sentence: sentenceFor(pay),
        ...(pay.data && { detail: `Receipt ${pay.data.receipt}` }),
      }
    case 'changed':
      return { tone: 'doubt', sentence: sentenceFor(pay) }
    case 'error':
    case 'unknown': {
      const help = helpFor(pay)
      const tone = pay.isUnknown ? 'doubt' : 'bad'
      return { tone, sentence: sentenceFor(pay), ...(help && { help }), nextAt: pay.retryAt }
    }
    default:
      return pay satisfies never
  }
}

/** A sentence stays while the run tries again: a screen reader is told once. */
function progressOf({ phase, attempts, isPaused }: Extract<Pay, { status: 'pending' }>): string {
  if (isPaused) return 'You are offline. We go on as soon as you are back.'
  switch (phase) {
    case 'claiming':
    case 'settled':
      return 'Paying…'
    case 'polling':
      return 'It is being processed.'
    case 'sending':
    case 'asking':
      if (attempts > 1) return GOES_ON
      return phase === 'asking' ? 'We are checking whether it went through.' : 'Paying…'
    case 'waiting':
      return GOES_ON
    default:
      return phase satisfies never
  }
}

/** To go on under the same key finds out too, and cannot pay twice. */
function helpFor({ can, isUnknown }: Pay): Notice['help'] | undefined {
  if (can.includes('retry')) return isUnknown ? 'Check and finish' : 'Try again'
  return can.includes('check') ? 'Check now' : undefined
}
