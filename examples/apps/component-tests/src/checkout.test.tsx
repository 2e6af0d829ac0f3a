import { cleanup, render, screen } from '@testing-library/react'
import { http } from 'msw'
import { setupServer } from 'msw/node'
import { fakeServer } from 'stillonce/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'

// In place of IndexedDB, which jsdom does not have.
const browser = await vi.hoisted(async () => (await import('stillonce/testing')).fakeBrowser())
vi.mock('stillonce/browser', () => browser)

const fake = fakeServer({
  url: '/api', // the page's own origin
  perform: async (request, effects) => {
    const { total } = (await request.json()) as { total: number }
    return total > 5_000
      ? Response.json({ message: 'Your card was declined.' }, { status: 402 })
      : Response.json({ charge: `ch_${effects}` }, { status: 201 })
  },
})
const server = setupServer(...fake.handlers(http))

/** The page as it is loaded: its modules begin anew, and what the browser keeps is there. */
async function load(total = 1999) {
  cleanup()
  browser.reload()
  vi.resetModules()
  const { Checkout } = await import('./checkout.tsx')
  render(<Checkout cart={{ id: 'cart-1', total }} />)
}

const press = (name = 'Pay') => screen.getByRole('button', { name }).click()
const told = (words: string) => screen.findByText(words, {}, { timeout: 4_000 })

beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
afterAll(() => server.close())
beforeEach(() => load())
afterEach(() => {
  cleanup()
  browser.reset()
  fake.reset()
})

test('an answer is lost, the button is pressed twice: one payment', async () => {
  fake.next('lose-answer')
  press()
  press()
  await told('Paid: ch_1')
  expect(fake.effects).toHaveLength(1)
})

test('reloaded while it is under way, the page goes on by itself', async () => {
  fake.next({ delay: 500 })
  press()
  await vi.waitFor(() => expect(fake.effects).toHaveLength(1))
  await load()
  await told('Paid: ch_1')
  expect(fake.effects).toHaveLength(1)
})

test('while no answer comes through, nothing is called paid or failed', async () => {
  fake.always('lose-answer')
  press()
  await told('We are checking whether it went through.')
  fake.always()
  press('Check')
  await told('Paid: ch_1')
  expect(fake.effects).toHaveLength(1)
})

test('a declined card is not paid, in the words of the server', async () => {
  await load(9_900)
  press()
  await told('Not paid: Your card was declined.')
})
