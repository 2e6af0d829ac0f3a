import { cleanup, render, screen } from '@testing-library/react'
import { http } from 'msw'
import { setupServer } from 'msw/node'
import { fakeServer } from 'stillonce/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'

const browser = await vi.hoisted(async () => (await import('stillonce/testing')).fakeBrowser())
vi.mock('stillonce/browser', () => browser)

const JSON_TYPE = { 'content-type': 'application/json' }
let charges = 0
const paid = () => Response.json({ charge: `ch_${++charges}` }, { status: 201 })
let answer = paid
const fake = fakeServer({ url: '/api', perform: () => answer() })
const server = setupServer(...fake.handlers(http))

/** The page as it is loaded, and what its customer does there. */
async function load(total = 1999) {
  cleanup()
  browser.reload()
  vi.resetModules()
  const { Checkout } = await import('./checkout.tsx')
  render(<Checkout cart={{ id: 'cart-1', total }} />)
  return import('./shop.ts')
}
const press = () => screen.getByRole('button', { name: 'Pay' }).click()
const offered = () =>
  [...screen.queryAllByRole('link'), ...screen.queryAllByRole('button')].map(({ textContent }) => textContent)

beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
afterAll(() => server.close())
beforeEach(() => load())
afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
  vi.useRealTimers()
  browser.reset()
  fake.reset()
  answer = paid
  charges = 0
})

type Case = { ends: string; says: string; offers: string[]; charged: number; bring: () => unknown }

const CASES: Case[] = [
  {
    ends: 'declined',
    says: 'Not paid: Your card was declined.',
    offers: ['Try again'],
    charged: 0,
    bring: () => {
      answer = () => Response.json({ message: 'Your card was declined.' }, { status: 402 })
      press()
    },
  },
  {
    ends: 'sign-in: the session has ended',
    // Browsers deliver a request again, unseen: the other delivery may have been taken.
    says: 'Please sign in: we then check whether it went through.',
    offers: ['Sign in', 'Try again'],
    charged: 0,
    bring: () => {
      answer = () => Response.json({ message: 'The session has ended.' }, { status: 401 })
      press()
    },
  },
  {
    ends: 'sign-in: nobody is logged in',
    says: 'Please sign in: we then check whether it went through. Nothing was sent now.',
    offers: ['Sign in', 'Try again'],
    charged: 0,
    bring: async () => {
      const { session } = await load()
      session.customer = undefined
      press()
    },
  },
  {
    ends: 'changed, after another payload was paid',
    says: 'An order with other contents was paid already.',
    offers: ['Look again'],
    charged: 1,
    bring: async () => {
      press()
      await screen.findByText('Paid: ch_1')
      await load(2_500)
    },
  },
  {
    ends: 'conflict',
    says: 'It has changed meanwhile. Please look again.',
    offers: ['Look again', 'Try again'],
    charged: 0,
    bring: () => {
      answer = () =>
        Response.json(
          { type: 'https://shop.example/moved', title: 'The price has changed.' },
          { status: 409, headers: { 'content-type': 'application/problem+json' } },
        )
      press()
    },
  },
  {
    ends: 'unknown, after too many requests',
    says: 'We are checking whether it went through.',
    offers: ['Check'],
    charged: 0,
    bring: () => {
      answer = () => Response.json({}, { status: 429, headers: { 'retry-after': '60' } })
      press()
    },
  },
  {
    ends: 'busy',
    says: 'It is being processed.',
    offers: ['Check'],
    charged: 1,
    bring: () => {
      fake.always('busy')
      press()
    },
  },
  {
    ends: 'unknown, as unreachable',
    says: 'We are checking whether it went through.',
    offers: ['Check'],
    charged: 1,
    bring: () => {
      fake.always('lose-answer')
      press()
    },
  },
  {
    ends: 'no-storage',
    says: 'Your browser does not let us store the order. Nothing was sent.',
    offers: ['Try again'],
    charged: 0,
    bring: async () => {
      const refused = () => Promise.reject(new DOMException('no storage here', 'SecurityError'))
      const open = browser.indexedDBStore
      vi.spyOn(browser, 'indexedDBStore').mockImplementation(() => ({ ...open(), set: refused }))
      await load()
      press()
    },
  },
  {
    ends: 'offline while it is under way',
    says: 'You are offline. We go on as soon as you are back.',
    offers: ['Pay'],
    charged: 0,
    bring: () => {
      vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
      press()
    },
  },
  {
    ends: 'offline until it is given up',
    says: 'You are offline. We check as soon as you are back.',
    offers: ['Check'],
    charged: 0,
    bring: () => {
      vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
      fake.always('lose-request')
      press()
    },
  },
  {
    ends: 'too-late',
    says: 'We could not find out whether it went through. We will look into it.',
    offers: ['Check'],
    charged: 1,
    bring: async () => {
      fake.always('lose-answer')
      press()
      await screen.findByText('We are checking whether it went through.', {}, { timeout: 4_000 })
      const tomorrow = Date.now() + 86_400_000
      vi.useFakeTimers({ toFake: ['Date'], now: tomorrow })
      screen.getByRole('button', { name: 'Check' }).click()
    },
  },
  {
    ends: 'unreadable',
    says: 'Paid. The receipt will follow.',
    offers: [],
    charged: 1,
    bring: () => {
      answer = () => new Response(`{"charge":"ch_${++charges}`, { status: 201, headers: JSON_TYPE })
      press()
    },
  },
  {
    ends: 'mistake',
    says: 'Something is wrong on our side. Nothing was sent.',
    offers: [],
    charged: 0,
    bring: async () => {
      await load(NaN)
      press()
    },
  },
  {
    ends: 'cancelled',
    says: 'Cancelled.',
    offers: ['Try again'],
    charged: 0,
    bring: async () => {
      const { pay } = await load()
      fake.always('lose-request')
      press()
      await screen.findByText('We are checking whether it went through.', {}, { timeout: 4_000 })
      await pay.cancel({ id: 'cart-1', total: 1999 })
    },
  },
  {
    ends: 'aborted: the app closes its client, as at a logout, before anything was sent',
    says: 'Stopped. Nothing was sent.',
    offers: ['Try again'],
    charged: 0,
    bring: async () => {
      const { client } = await load()
      vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
      press()
      await screen.findByText('You are offline. We go on as soon as you are back.')
      await client.close()
    },
  },
  {
    ends: 'aborted, after it was sent',
    says: 'We are checking whether it went through.',
    offers: ['Check'],
    charged: 1,
    bring: async () => {
      const { client } = await load()
      let taken = () => {}
      const isTaken = new Promise<void>(resolve => (taken = resolve))
      answer = () => {
        taken()
        return paid()
      }
      fake.always('lose-answer')
      press()
      await isTaken
      await client.close()
    },
  },
]

test.each(CASES)('$ends: $says', async ({ says, offers, charged, bring }) => {
  await bring()
  await screen.findByText(says, {}, { timeout: 4_000 })
  expect(offered()).toEqual(offers)
  expect(charges).toBe(charged)
})

test('after a conflict, whoever has looked again pays the same order by another press', async () => {
  answer = () =>
    Response.json(
      { type: 'https://shop.example/moved' },
      { status: 409, headers: { 'content-type': 'application/problem+json' } },
    )
  press()
  await screen.findByText('It has changed meanwhile. Please look again.', {}, { timeout: 4_000 })
  answer = paid
  await load()
  ;(await screen.findByRole('button', { name: 'Try again' }, { timeout: 4_000 })).click()
  await screen.findByText('Paid: ch_1', {}, { timeout: 4_000 })
  expect(charges).toBe(1)
})

test('after somebody has signed in, the same payment goes on', async () => {
  const { session } = await load()
  session.customer = undefined
  press()
  const again = await screen.findByRole('button', { name: 'Try again' })
  session.customer = 'customer-7'
  again.click()
  await screen.findByText('Paid: ch_1')
  expect(charges).toBe(1)
})
