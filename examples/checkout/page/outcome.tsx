import type { ReactElement } from 'react'
import type { IdempotentMutation } from 'stillonce/react'
import type { Cart } from './cart.ts'
import { money } from './cart.ts'

export type Pay = IdempotentMutation<Cart, { receipt: string; amount: number }>

type Message = {
  readonly tone: 'idle' | 'busy' | 'good' | 'bad' | 'doubt'
  readonly sign: string
  readonly title: string
  readonly text: string
}

/** The button, which is never disabled, and what has become of the payment, in a shopper's words. */
export function Outcome(props: {
  readonly pay: Pay
  readonly online: boolean
  readonly onPay: () => void
  readonly onAnother: () => void
}): ReactElement {
  const { pay, online, onPay, onAnother } = props
  const { tone, sign, title, text } = messageOf(pay, online)
  return (
    <>
      <button type="button" className="pay" onClick={onPay} data-tone={tone}>
        {labelOf(pay)}
      </button>
      <div role="status" aria-live="polite" aria-atomic="true" className="outcome" data-tone={tone}>
        <span aria-hidden="true" className="sign">
          {sign}
        </span>
        <div>
          <p className="title">{title}</p>
          <p>{text}</p>
        </div>
      </div>
      <button type="button" className="plain" onClick={onAnother}>
        Fill another cart
      </button>
    </>
  )
}

function labelOf(pay: Pay): string {
  switch (pay.status) {
    case 'idle':
      return 'Pay'
    case 'pending':
      return 'Paying…'
    case 'success':
      return 'Paid'
    case 'error':
      return 'Try again'
    case 'unknown':
      return 'Check and finish'
    case 'changed':
      return 'Pay'
    default:
      return pay satisfies never
  }
}

function messageOf(pay: Pay, online: boolean): Message {
  switch (pay.status) {
    case 'idle':
      return { tone: 'idle', sign: '○', title: 'Not paid yet', text: 'Press as often as you like.' }
    case 'pending':
      return { tone: 'busy', sign: '◔', ...progressOf(pay, online) }
    case 'success':
      return {
        tone: 'good',
        sign: '✓',
        title: 'Paid',
        text:
          pay.error === null
            ? `${money(pay.data.amount)}, receipt ${pay.data.receipt}. Pressing again shows it again.`
            : 'Your receipt could not be read. Nothing more will be charged.',
      }
    case 'error':
      return { tone: 'bad', sign: '✕', title: 'Not charged', text: reasonOf(pay) }
    case 'unknown':
      return {
        tone: 'doubt',
        sign: '?',
        title: 'We don’t know yet',
        text: 'Your payment may have gone through. Check and finish: you will not be charged twice.',
      }
    case 'changed':
      return {
        tone: 'doubt',
        sign: '!',
        title: 'Paid with other contents',
        text: 'This cart was paid before it was changed. Fill another cart for what is new.',
      }
    default:
      return pay satisfies never
  }
}

function progressOf(
  pay: Extract<Pay, { status: 'pending' }>,
  online: boolean,
): Pick<Message, 'title' | 'text'> {
  if (!online) return { title: 'You are offline', text: 'We go on as soon as you are back.' }
  switch (pay.phase) {
    case 'claiming':
    case 'sending':
      return { title: 'Paying', text: 'Your payment is on its way.' }
    case 'waiting':
      return { title: 'Still paying', text: 'The connection is bad. We try again in a moment.' }
    case 'polling':
    case 'asking':
      return { title: 'Almost there', text: 'The bank is at work. We ask what became of it.' }
    case 'settled':
      return { title: 'Paying', text: '' }
    default:
      return pay.phase satisfies never
  }
}

function reasonOf({ error }: Extract<Pay, { status: 'error' }>): string {
  if (error.response?.status === 402) return 'Your card was declined. Trying again starts over.'
  return 'Nothing has happened. You can safely try again.'
}
