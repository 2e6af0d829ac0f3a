import type { Description } from 'stillonce'

type Sentences = Readonly<Partial<Record<NonNullable<Description['reason']>, string>>>

/** The sentences of docs/what-to-tell-the-user.md: one for each end that has a reason. */
export const SENTENCES: Readonly<Record<Description['outcome'], Sentences>> = {
  executed: {
    unreadable: 'Paid. The receipt will follow.',
    changed: 'An order with other contents was paid already.',
    'sign-in': '', // another user's: nothing is shown
    'no-storage': 'Paid. The receipt will follow.',
    aborted: 'Paid. The receipt will follow.',
    cancelled: 'Paid. The receipt will follow.',
    mistake: 'Paid. The receipt will follow.',
  },
  'not-executed': {
    declined: 'Not paid:',
    changed: 'This order was begun with other contents.',
    conflict: 'It has changed meanwhile. Please look again.',
    'sign-in': 'Please sign in, then try again.',
    offline: 'You are offline. Nothing was sent.',
    'no-storage': 'Your browser does not let us store the order. Nothing was sent.',
    unreachable: 'We could not reach the shop. Nothing was sent.',
    busy: 'The shop is busy. Please try again shortly.',
    'too-late': 'Please contact us.',
    cancelled: 'Cancelled.',
    aborted: 'Stopped. Nothing was sent.',
    mistake: 'Something is wrong on our side. Nothing was sent.',
  },
  unknown: {
    unreachable: 'We are checking whether it went through.',
    offline: 'You are offline. We check as soon as you are back.',
    busy: 'It is being processed.',
    aborted: 'We are checking whether it went through.',
    'no-storage': 'Your browser does not let us look up whether it went through.',
    'sign-in': 'Please sign in: we then check whether it went through.',
    changed: 'An order with other contents may have gone through. We are checking.',
    conflict: 'It may have gone through. We are checking.',
    'too-late': 'We could not find out whether it went through. We will look into it.',
    cancelled: 'It may have gone through before it was cancelled. We are checking.',
    mistake: 'Something is wrong on our side. We are checking whether it went through.',
  },
}

/** For ends without a reason. */
const PLAIN: Readonly<Record<Description['outcome'], string>> = {
  executed: 'Paid.',
  'not-executed': 'Not paid.',
  unknown: 'We are checking whether it went through.',
}

/** What a customer reads of an end, as `describe` and the hook tell it. */
export function sentenceFor({
  outcome,
  reason,
  serverMessage,
  nothingSent,
}: Pick<Description, 'outcome' | 'reason' | 'serverMessage' | 'nothingSent'>): string {
  const sentence = (reason && SENTENCES[outcome][reason]) ?? PLAIN[outcome]
  if (outcome === 'unknown' && nothingSent) return `${sentence} Nothing was sent now.`
  if (outcome !== 'not-executed' || reason !== 'declined') return sentence
  return serverMessage === undefined ? PLAIN[outcome] : `${sentence} ${serverMessage}`
}
