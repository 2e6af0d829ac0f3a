import type { ReactNode } from 'react'
import { Customer } from './customer'

export const metadata = { title: 'Shop' }

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <head>
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        {/* In life: the user of the session, once it is verified. */}
        <Customer id="customer-7">{children}</Customer>
      </body>
    </html>
  )
}
