/** What its customer reads, and the button to press where pressing helps. */
export type Told = { words: string; button?: 'Pay' | 'Check' | 'Try again' }

/** By what became of it. Nobody goes on after `unknown` but who presses: it is not said that somebody is checking. */
export const TOLD: Record<'executed' | 'not-executed' | 'unknown', Told> = {
  executed: { words: 'Paid.' },
  'not-executed': { words: '', button: 'Pay' },
  unknown: {
    words: 'We do not know yet whether it went through. Press to check: you will not pay twice.',
    button: 'Check',
  },
}
