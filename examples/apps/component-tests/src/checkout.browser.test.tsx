import { createRoot } from 'react-dom/client'
import { fakeServer } from 'stillonce/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { page } from 'vitest/browser'
import { Checkout } from './checkout.tsx'

const fake = fakeServer({
  perform: (_, effects) => Response.json({ charge: `ch_${effects}` }, { status: 201 }),
})
const root = createRoot(document.body.appendChild(document.createElement('main')))

beforeEach(() => {
  // The client asks for the platform's fetch at each request, so none of them leaves the page.
  vi.stubGlobal('fetch', fake.fetch)
  // The browser's own IndexedDB keeps what was paid: each test has a cart of its own.
  root.render(<Checkout key={crypto.randomUUID()} cart={{ id: crypto.randomUUID(), total: 1999 }} />)
})
afterEach(() => {
  vi.unstubAllGlobals()
  fake.reset()
})

test('an answer is lost, the button is pressed twice: one payment', async () => {
  fake.next('lose-answer')
  await page.getByRole('button').dblClick()
  await expect.element(page.getByRole('status')).toHaveTextContent('Paid: ch_1')
  expect(fake.effects).toHaveLength(1)
})

test('a gateway fails, and it is paid once all the same', async () => {
  fake.next({ status: 503 })
  await page.getByRole('button').click()
  await expect.element(page.getByRole('status')).toHaveTextContent('Paid: ch_1')
  expect(fake.effects).toHaveLength(1)
})
