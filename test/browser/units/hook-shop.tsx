import type { ReactElement, ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { onTestFinished } from 'vitest'
import * as z from 'zod'
import { createClient } from '../../../src/entries/core.ts'
import { fetchTransport } from '../../../src/entries/fetch.ts'
import type { Operation } from '../../../src/entries/index.ts'
import { ietf, memoryStore } from '../../../src/entries/index.ts'
import type { IdempotentMutation } from '../../../src/entries/react.ts'
import type { ScriptedServer } from '../../api/bench/scripted-server.ts'
import { scriptedServer } from '../../api/bench/scripted-server.ts'

export type Cart = { readonly id: string; readonly total: number }
export type Placed = { readonly order: number }
export type Placing = Operation<Cart, Placed>

export const cart: Cart = { id: 'cart-42', total: 990 }

export type HookShop = {
  readonly server: ScriptedServer
  readonly placeOrder: Placing
  /** Another page on the same store; of whoever is logged in, where no user is named. */
  readonly reloaded: (as?: string) => Placing
  /** Logs another user in. */
  readonly login: (user: string) => void
}

/** A client in the page, of a server that says what the test tells it to say. */
export function hookShop(): HookShop {
  const started = performance.now()
  const server = scriptedServer(() => performance.now() - started)
  const store = memoryStore()
  let user = 'ada'
  const page = (as?: string): Placing => {
    const client = createClient({
      transport: fetchTransport({ baseUrl: 'https://shop.test/', fetch: server.fetch }),
      store,
      scope: () => as ?? user,
      profile: ietf,
      retry: { attempts: 1 },
    })
    return client.operation({
      name: 'place-order',
      id: (given: Cart) => given.id,
      request: given => ({ method: 'post', url: 'orders', json: given }),
      response: z.object({ order: z.number() }),
    })
  }
  return { server, placeOrder: page(), reloaded: page, login: next => void (user = next) }
}

/** What a hook shows, in words, and a button that is never disabled. */
export function Checkout(props: {
  readonly pay: IdempotentMutation<Cart, Placed>
  readonly onPay?: () => void
}): ReactElement {
  const { pay, onPay } = props
  const words = {
    idle: 'Not paid',
    pending: 'Paying',
    success: `Paid ${pay.data?.order ?? 'without a receipt'}`,
    error: 'Not charged',
    unknown: 'We do not know yet',
    changed: `Another total was paid: ${pay.executed?.data?.order ?? 'without a receipt'}`,
  }
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        if (onPay === undefined) pay.mutate(cart)
        else onPay()
      }}
    >
      <button type="submit">Pay</button>
      <output>{words[pay.status]}</output>
    </form>
  )
}

export type Mounted = {
  readonly render: (element: ReactNode) => void
  readonly unmount: () => void
  readonly host: HTMLElement
}

export function mount(element: ReactNode): Mounted {
  const host = document.body.appendChild(document.createElement('div'))
  const root = createRoot(host)
  let isMounted = true
  const unmount = () => {
    if (isMounted) root.unmount()
    isMounted = false
  }
  onTestFinished(() => {
    unmount()
    host.remove()
  })
  root.render(element)
  return { render: next => root.render(next), unmount, host }
}
