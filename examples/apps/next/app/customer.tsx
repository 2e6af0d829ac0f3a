'use client'
import type { ReactNode } from 'react'

let customer: string | undefined

/** Whose operations these are. Where nobody is logged in it throws: then nothing is shown, asked or sent. */
export function customerNow(): string {
  if (customer === undefined) throw new Error('nobody is logged in')
  return customer
}

/** Tells the page who is logged in; `id` is undefined where nobody is. It stands around all that pays. */
export function Customer({ id, children }: { id: string | undefined; children: ReactNode }) {
  // Only in the page: on a server this module is shared by all customers.
  if (typeof window !== 'undefined') customer = id
  return children
}
