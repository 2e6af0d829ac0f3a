import type { ReactElement } from 'react'
import { Activity, StrictMode, Suspense, memo, startTransition, use, useEffect, useState } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { MutationCallbacks, MutationOptions } from '../../../src/entries/react.ts'
import { useIdempotentMutation } from '../../../src/entries/react.ts'
import { answer, held, reset } from '../../api/bench/scripted-server.ts'
import type { Cart, Placed, Placing } from './hook-shop.tsx'
import { Checkout, cart, hookShop, mount } from './hook-shop.tsx'

const button = () => page.getByRole('button', { name: 'Pay' })
const output = () => page.getByRole('status')

function Page(props: {
  readonly operation: Placing
  readonly options?: MutationOptions<Cart, Placed>
  readonly callbacks?: MutationCallbacks<Cart, Placed>
}): ReactElement {
  const pay = useIdempotentMutation(props.operation, props.options)
  return <Checkout pay={pay} onPay={() => pay.mutate(cart, props.callbacks)} />
}

/** Callbacks that count their calls. */
function counted() {
  return {
    onSuccess: vi.fn<(data: Placed | undefined, variables: Cart) => void>(),
    onError: vi.fn<() => void>(),
    onUnknown: vi.fn<() => void>(),
    onSettled: vi.fn<() => void>(),
  }
}

describe('one charge, without `disabled`', () => {
  test.each([['in StrictMode', true] as const, ['outside of it', false] as const])(
    'a double click, %s',
    async (_name, isStrict) => {
      const { server, placeOrder } = hookShop()
      const hold = held()
      server.script(hold.reply)
      const told = counted()
      const checkout = <Page operation={placeOrder} options={told} />
      mount(isStrict ? <StrictMode>{checkout}</StrictMode> : checkout)

      await userEvent.dblClick(button())
      await expect.element(output()).toHaveTextContent('Paying')
      await vi.waitFor(() => expect(server.requests).toHaveLength(1))
      hold.release(answer(201, { order: 7 }))

      await expect.element(output()).toHaveTextContent('Paid 7')
      expect(server.requests).toHaveLength(1)
      expect(told.onSuccess.mock.calls).toEqual([
        [{ order: 7 }, cart],
        [{ order: 7 }, cart],
      ])
    },
  )

  test('a tenfold click, some of them in one tick', async () => {
    const { server, placeOrder } = hookShop()
    const hold = held()
    server.script(hold.reply)
    const told = counted()
    mount(<Page operation={placeOrder} callbacks={told} />)
    await expect.element(button()).toBeVisible()

    for (let click = 0; click < 5; click++) (button().element() as HTMLButtonElement).click()
    for (let click = 0; click < 5; click++) await userEvent.click(button())
    hold.release(answer(201, { order: 7 }))

    await expect.element(output()).toHaveTextContent('Paid 7')
    expect(server.requests).toHaveLength(1)
    expect(told.onSuccess).toHaveBeenCalledTimes(10)
    expect(told.onSettled).toHaveBeenCalledTimes(10)
  })

  test('Enter plus click', async () => {
    const { server, placeOrder } = hookShop()
    const hold = held()
    server.script(hold.reply)
    mount(<Page operation={placeOrder} />)
    await userEvent.click(button())
    await userEvent.keyboard('{Enter}')
    await userEvent.click(button())
    hold.release(answer(201, { order: 7 }))

    await expect.element(output()).toHaveTextContent('Paid 7')
    expect(server.requests).toHaveLength(1)
  })

  test('two components at once, and both show it', async () => {
    const { server, placeOrder } = hookShop()
    const hold = held()
    server.script(hold.reply)
    mount(
      <>
        <Page operation={placeOrder} />
        <Page operation={placeOrder} />
      </>,
    )
    await userEvent.click(button().nth(0))
    await userEvent.click(button().nth(1))
    hold.release(answer(201, { order: 7 }))
    await expect.element(output().nth(0)).toHaveTextContent('Paid 7')
    await expect.element(output().nth(1)).toHaveTextContent('Paid 7')
    expect(server.requests).toHaveLength(1)
  })
})

describe('coming and going', () => {
  test('unmounting in flight aborts nothing, and the call is told once', async () => {
    const { server, placeOrder } = hookShop()
    const hold = held()
    server.script(hold.reply)
    const told = counted()
    const { unmount } = mount(<Page operation={placeOrder} callbacks={told} />)
    await userEvent.click(button())
    await vi.waitFor(() => expect(server.requests).toHaveLength(1))
    unmount()
    hold.release(answer(201, { order: 7 }))

    await vi.waitFor(() => expect(told.onSuccess).toHaveBeenCalledTimes(1))
    expect(server.requests[0]?.signal?.aborted).not.toBe(true)
    expect(await placeOrder.inspect(cart)).toMatchObject({ state: 'succeeded' })
  })

  test('remounted in flight with `restore`, it shows the run and its end, and tells only the call', async () => {
    const { server, placeOrder } = hookShop()
    const hold = held()
    server.script(hold.reply)
    const first = counted()
    const second = counted()
    const { unmount } = mount(<Page operation={placeOrder} options={first} />)
    await userEvent.click(button())
    unmount()
    mount(
      <StrictMode>
        <Page operation={placeOrder} options={{ ...second, restore: cart }} />
      </StrictMode>,
    )
    await expect.element(output()).toHaveTextContent('Paying')
    hold.release(answer(201, { order: 7 }))

    await expect.element(output()).toHaveTextContent('Paid 7')
    expect(first.onSuccess).toHaveBeenCalledTimes(1)
    expect(second.onSettled).not.toHaveBeenCalled()
    expect(server.requests).toHaveLength(1)
  })

  test('reloaded, it asks without `send`: honestly unknown; with `send` the same key is sent again', async () => {
    const { server, placeOrder, reloaded } = hookShop()
    server.script(reset)
    const { unmount } = mount(<Page operation={placeOrder} />)
    await userEvent.click(button())
    await expect.element(output()).toHaveTextContent('We do not know yet')
    unmount()

    const asking = mount(<Page operation={reloaded()} options={{ restore: cart }} />)
    await expect.element(output()).toHaveTextContent('We do not know yet')
    expect(server.requests).toHaveLength(1)
    asking.unmount()

    server.script(answer(201, { order: 7 }))
    const told = counted()
    mount(
      <StrictMode>
        <Page operation={reloaded()} options={{ ...told, restore: cart, send: true }} />
      </StrictMode>,
    )
    await expect.element(output()).toHaveTextContent('Paid 7')
    expect(new Set(server.requests.map(({ key }) => key)).size).toBe(1)
    expect(server.requests).toHaveLength(2)
    expect(told.onSettled).not.toHaveBeenCalled()
  })

  test('on the server it renders as idle, and touches nothing', () => {
    const { server, placeOrder } = hookShop()
    const html = renderToString(<Page operation={placeOrder} options={{ restore: cart, send: true }} />)
    expect(html).toContain('Not paid')
    expect(server.requests).toHaveLength(0)
  })
})

describe('concurrent rendering', () => {
  test('a transition that is suspended in flight tears nothing, and loses neither run nor end', async () => {
    const { server, placeOrder } = hookShop()
    const hold = held()
    server.script(hold.reply)
    let show = (): void => {}
    let ready = (): void => {}
    const data = new Promise<string>(resolve => (ready = () => resolve('Details')))
    const Details = () => <p>{use(data)}</p>
    const seen: string[] = []
    const Twice = () => {
      const [isOpen, setOpen] = useState(false)
      show = () => startTransition(() => setOpen(true))
      const pay = useIdempotentMutation(placeOrder)
      seen.push(pay.status)
      return (
        <>
          <Checkout pay={pay} />
          <p>{pay.status}</p>
          <Suspense fallback="…">{isOpen && <Details />}</Suspense>
        </>
      )
    }
    const { host } = mount(
      <StrictMode>
        <Twice />
      </StrictMode>,
    )
    await expect.element(button()).toBeVisible()
    startTransition(() => (button().element() as HTMLButtonElement).click())
    show()
    await userEvent.click(button())
    hold.release(answer(201, { order: 7 }))
    await expect.element(output()).toHaveTextContent('Paid 7')
    ready()
    await vi.waitFor(() => expect(host.textContent).toContain('Details'))
    expect(host.textContent).toContain('success')
    expect(seen.at(-1)).toBe('success')
    expect(server.requests).toHaveLength(1)
  })

  test('put out of sight in flight by Activity, it goes on, is told once, and shows its end when it is seen again', async () => {
    const { server, placeOrder } = hookShop()
    const hold = held()
    server.script(hold.reply)
    const callbacks = counted()
    const seen: string[] = []
    const Seen = ({ about }: { readonly about: Cart }) => {
      const pay = useIdempotentMutation(placeOrder, { restore: about })
      seen.push(`${about.id} ${pay.status}`)
      return <Checkout pay={pay} onPay={() => pay.mutate(about, callbacks)} />
    }
    const element = (mode: 'visible' | 'hidden', about: Cart) => (
      <StrictMode>
        <Activity mode={mode}>
          <Seen about={about} />
        </Activity>
      </StrictMode>
    )
    const { render } = mount(element('visible', cart))
    await userEvent.click(button())
    await vi.waitFor(() => expect(server.requests).toHaveLength(1))
    render(element('hidden', cart))
    hold.release(answer(201, { order: 7 }))
    await vi.waitFor(() => expect(callbacks.onSuccess).toHaveBeenCalledTimes(1))
    render(element('visible', cart))
    await expect.element(output()).toHaveTextContent('Paid 7')

    // What it is about changes while nobody sees it.
    const other: Cart = { id: 'cart-43', total: 990 }
    render(element('hidden', cart))
    render(element('hidden', other))
    render(element('visible', other))
    await expect.element(output()).toHaveTextContent('Not paid')
    expect([...new Set(seen)].filter(line => line.startsWith('cart-43'))).toEqual(['cart-43 idle'])
    expect(callbacks.onSettled).toHaveBeenCalledTimes(1)
    expect(server.requests).toHaveLength(1)
  })

  test('a component that its own end takes away is told once, and the next about the same shows it', async () => {
    const { server, placeOrder } = hookShop()
    server.script(answer(201, { order: 7 }))
    const told: string[] = []
    const Shop = () => {
      const [isPaid, setPaid] = useState(false)
      const pay = useIdempotentMutation(placeOrder, {
        onSuccess: () => {
          told.push('paid')
          setPaid(true)
        },
      })
      return isPaid ? <Receipt /> : <Checkout pay={pay} />
    }
    const Receipt = () => {
      const pay = useIdempotentMutation(placeOrder, { restore: { ...cart } })
      return <Checkout pay={pay} />
    }
    mount(
      <StrictMode>
        <Shop />
      </StrictMode>,
    )
    await userEvent.click(button())
    await expect.element(output()).toHaveTextContent('Paid 7')
    expect(told).toEqual(['paid'])
    expect(server.requests).toHaveLength(1)
  })

  test('a component that is rendered ever anew with fresh options and inputs restores once', async () => {
    const { server, placeOrder } = hookShop()
    const resumed = vi.spyOn(placeOrder, 'resume')
    // Tests beside this one take the focus away and give it back, on which it would look again, as it should.
    const stays = new AbortController()
    onTestFinished(() => stays.abort())
    for (const signal of ['focus', 'visibilitychange'])
      addEventListener(signal, event => event.stopImmediatePropagation(), {
        capture: true,
        signal: stays.signal,
      })
    const Busy = () => {
      const [count, setCount] = useState(0)
      const pay = useIdempotentMutation(placeOrder, { restore: { ...cart }, onSuccess: () => {} })
      return (
        <>
          <Checkout pay={pay} />
          <button type="button" onClick={() => setCount(count + 1)}>{`Again ${count}`}</button>
        </>
      )
    }
    mount(<Busy />)
    for (const count of [0, 1, 2]) await userEvent.click(page.getByRole('button', { name: `Again ${count}` }))
    await expect.element(page.getByRole('button', { name: 'Again 3' })).toBeVisible()
    expect(resumed).toHaveBeenCalledTimes(1)
    expect(server.requests).toHaveLength(0)
  })
})

/** A component that writes down what each of its renders said of which cart. */
function Recording(props: {
  readonly operation: Placing
  readonly about: Cart
  readonly seen: string[]
}): ReactElement {
  const { operation, about, seen } = props
  const pay = useIdempotentMutation(operation, { restore: { ...about } })
  seen.push(`${about.id} ${about.total} ${pay.status}`)
  return <Checkout pay={pay} onPay={() => pay.mutate(about)} />
}

describe('the hook shows an operation, in every render', () => {
  const other: Cart = { id: 'cart-43', total: 990 }
  const dearer: Cart = { ...cart, total: 5_000 }

  test.each([
    ['in StrictMode', true, false],
    ['in a transition', false, true],
    ['outside of both', false, false],
  ] as const)(
    'another cart never shows the end of the last one, %s',
    async (_name, isStrict, isTransition) => {
      const { server, placeOrder } = hookShop()
      server.script(answer(201, { order: 7 }))
      const seen: string[] = []
      const element = (about: Cart) => {
        const recording = <Recording operation={placeOrder} about={about} seen={seen} />
        return isStrict ? <StrictMode>{recording}</StrictMode> : recording
      }
      const { render } = mount(element(cart))
      const change = (about: Cart) => {
        if (isTransition) startTransition(() => render(element(about)))
        else render(element(about))
      }
      await userEvent.click(button())
      await expect.element(output()).toHaveTextContent('Paid 7')
      change(other)
      await expect.element(output()).toHaveTextContent('Not paid')
      change(dearer)
      await expect.element(output()).toHaveTextContent('Another total was paid: 7')
      change(cart)
      await expect.element(output()).toHaveTextContent('Paid 7')

      const told = [...new Set(seen)]
      expect(told.filter(line => line.startsWith('cart-43'))).toEqual(['cart-43 990 idle'])
      expect(told.filter(line => line.startsWith('cart-42 5000'))).not.toContain('cart-42 5000 success')
      expect(told).toContain('cart-42 5000 changed')
      expect(server.requests).toHaveLength(1)
    },
  )

  test('two components about one cart say the same in every render, whichever is pressed', async () => {
    const { server, placeOrder } = hookShop()
    const hold = held()
    server.script(answer(402, { title: 'No money' }), hold.reply)
    const [header, foot]: [string[], string[]] = [[], []]
    const Both = () => (
      <>
        <Recording operation={placeOrder} about={cart} seen={header} />
        <Recording operation={placeOrder} about={{ ...cart }} seen={foot} />
      </>
    )
    const painted: string[] = []
    const watching = new MutationObserver(() => {
      const outputs = [...document.querySelectorAll('output')]
      // The page has its place before React has rendered into it.
      if (outputs.length > 0) painted.push(outputs.map(({ textContent }) => textContent).join('|'))
    })
    watching.observe(document.body, { subtree: true, childList: true, characterData: true })
    onTestFinished(() => watching.disconnect())
    mount(
      <StrictMode>
        <Both />
      </StrictMode>,
    )
    await userEvent.click(button().nth(1))
    await expect.element(output().nth(0)).toHaveTextContent('Not charged')
    await expect.element(output().nth(1)).toHaveTextContent('Not charged')
    await userEvent.click(button().nth(0))
    await expect.element(output().nth(1)).toHaveTextContent('Paying')
    hold.release(answer(201, { order: 7 }))
    await expect.element(output().nth(1)).toHaveTextContent('Paid 7')
    await expect.element(output().nth(0)).toHaveTextContent('Paid 7')
    expect(new Set(painted)).toEqual(
      new Set(['Not paid|Not paid', 'Paying|Paying', 'Not charged|Not charged', 'Paid 7|Paid 7']),
    )
    expect(new Set(header)).toEqual(new Set(foot))
    expect(server.requests).toHaveLength(2)
  })

  test('hydrated where another component shows it already, nothing is mismatched, and it is shown', async () => {
    const { server, placeOrder } = hookShop()
    server.script(answer(201, { order: 7 }))
    mount(<Page operation={placeOrder} options={{ restore: cart }} />)
    await userEvent.click(button())
    await expect.element(output()).toHaveTextContent('Paid 7')

    const later = <Page operation={placeOrder} options={{ restore: { ...cart } }} />
    const host = document.body.appendChild(document.createElement('div'))
    host.innerHTML = renderToString(later)
    expect(host.textContent).toContain('Not paid')
    const complaints: unknown[] = []
    const root = hydrateRoot(host, later, { onRecoverableError: error => complaints.push(error) })
    onTestFinished(() => {
      root.unmount()
      host.remove()
    })
    await vi.waitFor(() => expect(host.textContent).toContain('Paid 7'))
    expect(complaints).toEqual([])
  })

  test('called in an effect, under StrictMode, it is one request, and its end is shown', async () => {
    const { server, placeOrder } = hookShop()
    const hold = held()
    server.script(hold.reply)
    const Back = () => {
      const pay = useIdempotentMutation(placeOrder)
      const { mutate } = pay
      useEffect(() => mutate(cart), [mutate])
      return <Checkout pay={pay} />
    }
    mount(
      <StrictMode>
        <Back />
      </StrictMode>,
    )
    await expect.element(output()).toHaveTextContent('Paying')
    hold.release(answer(201, { order: 7 }))
    await expect.element(output()).toHaveTextContent('Paid 7')
    expect(server.requests).toHaveLength(1)
  })
})

describe('what is shown is true', () => {
  test('an outcome that is not known is never rendered as an error', async () => {
    const { server, placeOrder } = hookShop()
    server.script(reset)
    const told = counted()
    const seen: boolean[] = []
    const Watching = () => {
      const pay = useIdempotentMutation(placeOrder, told)
      seen.push(pay.isError)
      return <Checkout pay={pay} />
    }
    mount(<Watching />)
    await userEvent.click(button())
    await expect.element(output()).toHaveTextContent('We do not know yet')
    expect(seen).not.toContain(true)
    expect(told.onError).not.toHaveBeenCalled()
    expect(told.onUnknown).toHaveBeenCalledTimes(1)
  })

  test('a refusal is an error, and pressing again is a new charge under a new key', async () => {
    const { server, placeOrder } = hookShop()
    server.script(answer(402, { title: 'No money' }), answer(201, { order: 8 }))
    const told = counted()
    mount(<Page operation={placeOrder} options={told} />)
    await userEvent.click(button())
    await expect.element(output()).toHaveTextContent('Not charged')
    expect(told.onError).toHaveBeenCalledTimes(1)

    await userEvent.click(button())
    await expect.element(output()).toHaveTextContent('Paid 8')
    expect(new Set(server.requests.map(({ key }) => key)).size).toBe(2)
  })

  test('executed but unreadable is a success', async () => {
    const { server, placeOrder } = hookShop()
    server.script(answer(201, { other: 'thing' }))
    const told = counted()
    mount(<Page operation={placeOrder} options={told} />)
    await userEvent.click(button())
    await expect.element(output()).toHaveTextContent('Paid without a receipt')
    expect(told.onSuccess.mock.calls).toEqual([[undefined, cart]])
  })

  test('reset shows nothing any more, and is not forget', async () => {
    const { server, placeOrder } = hookShop()
    server.script(answer(201, { order: 7 }))
    let clear = (): void => {}
    const Resetting = () => {
      const pay = useIdempotentMutation(placeOrder)
      clear = pay.reset
      return <Checkout pay={pay} />
    }
    mount(<Resetting />)
    await userEvent.click(button())
    await expect.element(output()).toHaveTextContent('Paid 7')
    clear()
    await expect.element(output()).toHaveTextContent('Not paid')
    await userEvent.click(button())
    await expect.element(output()).toHaveTextContent('Paid 7')
    expect(server.requests).toHaveLength(1)
  })
})

describe('another user', () => {
  test('sees nothing of the first on the next render, nor when the first one’s answer comes', async () => {
    const { server, placeOrder, reloaded, login } = hookShop()
    const hold = held()
    server.script(hold.reply)
    const told = counted()
    const { render } = mount(<Page operation={placeOrder} options={{ ...told, restore: cart }} />)
    await userEvent.click(button())
    await expect.element(output()).toHaveTextContent('Paying')
    await vi.waitFor(() => expect(server.requests).toHaveLength(1))

    login('bob')
    render(<Page operation={placeOrder} options={{ ...told, restore: cart }} />)
    await expect.element(output()).toHaveTextContent('Not paid')
    hold.release(answer(201, { order: 7 }))
    // A page of the first user's own: this one stays with the second, whatever arrives when.
    const adas = reloaded('ada')
    await vi.waitFor(async () => {
      expect(await adas.inspect(cart)).toMatchObject({ state: 'succeeded' })
    })
    await expect.element(output()).toHaveTextContent('Not paid')
    expect(told.onSettled).not.toHaveBeenCalled()

    login('ada')
    render(<Page operation={placeOrder} options={{ ...told, restore: cart }} />)
    await expect.element(output()).toHaveTextContent('Paid 7')
  })

  test('sees nothing once somebody comes back to the page, though nothing is rendered', async () => {
    const { server, placeOrder, login } = hookShop()
    server.script(answer(201, { order: 7 }))
    const Still = memo(() => <Page operation={placeOrder} />)
    mount(<Still />)
    await userEvent.click(button())
    await expect.element(output()).toHaveTextContent('Paid 7')
    login('bob')
    window.dispatchEvent(new Event('focus'))
    await expect.element(output()).toHaveTextContent('Not paid')
  })
})

describe('coming back to the page', () => {
  test('shows what was begun elsewhere meanwhile, and asks again about what was not known', async () => {
    const { server, placeOrder, reloaded } = hookShop()
    mount(<Page operation={placeOrder} options={{ restore: cart }} />)
    await expect.element(output()).toHaveTextContent('Not paid')

    const elsewhere = reloaded()
    server.script(reset)
    await elsewhere.start(cart).settled
    window.dispatchEvent(new Event('focus'))
    await expect.element(output()).toHaveTextContent('We do not know yet')

    await elsewhere.conclude(cart, { outcome: 'executed', data: { order: 9 } })
    window.dispatchEvent(new Event('online'))
    await expect.element(output()).toHaveTextContent('Paid 9')
    expect(server.requests).toHaveLength(1)
  })

  test('does not show again what was reset', async () => {
    const { server, placeOrder } = hookShop()
    server.script(answer(201, { order: 7 }))
    await placeOrder.run(cart)
    let clear = (): void => {}
    const Resetting = () => {
      const pay = useIdempotentMutation(placeOrder, { restore: cart })
      clear = pay.reset
      return <Checkout pay={pay} />
    }
    mount(<Resetting />)
    await expect.element(output()).toHaveTextContent('Paid 7')
    clear()
    const resumed = vi.spyOn(placeOrder, 'resume')
    window.dispatchEvent(new Event('focus'))
    document.dispatchEvent(new Event('visibilitychange'))
    await expect.element(output()).toHaveTextContent('Not paid')
    expect(resumed).not.toHaveBeenCalled()
  })
})
