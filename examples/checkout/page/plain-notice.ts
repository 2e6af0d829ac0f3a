import type { Notice } from './notice.ts'
import type { PlainPayment } from './plain-payment.ts'

/** The words of a shop that knows two ends, paid and failed. */
export function plainNotice(payment: PlainPayment): Notice {
  switch (payment.status) {
    case 'idle':
      return { tone: 'idle', sentence: 'Not paid yet.' }
    case 'paying':
      return { tone: 'busy', sentence: 'Paying…' }
    case 'paid':
      return { tone: 'good', sentence: 'Paid.', detail: `Receipt ${payment.receipt}` }
    case 'declined':
      return { tone: 'bad', sentence: `Not paid: ${payment.message}`, help: 'Try again' }
    case 'failed':
      return { tone: 'bad', sentence: 'Payment failed. Please try again.', help: 'Try again' }
    default:
      return payment satisfies never
  }
}
