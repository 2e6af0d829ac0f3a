/** The two ways to pay that the page shows beside each other. Each has a ledger of its own. */
export type Lane = 'plain' | 'stillonce'
