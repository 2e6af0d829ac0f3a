import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createClient, ietf } from 'stillonce'
import { indexedDBStore } from 'stillonce/browser'
import { useIdempotentMutation } from 'stillonce/react'

/*
 * A page that pays with the hook, opened in real tabs. What it is to do comes in its query:
 *   cart=ID  restore  send
 */
const query = new URLSearchParams(location.search)
const cart = query.get('cart') ?? ''

const client = createClient({
  http: { baseUrl: location.origin },
  store: indexedDBStore(),
  scope: 'shopper',
  profile: ietf,
  timeout: 5_000,
  deadline: 20_000,
  retry: { attempts: 3, backoff: { base: 20, cap: 100 } },
  poll: { interval: { min: 50, max: 100 } },
})

const charge = client.operation<string>({
  name: 'charge',
  id: id => id,
  request: id => ({ method: 'post', url: 'charges', json: { cart: id } }),
})

const told: string[] = []
declare global {
  interface Window {
    told: readonly string[]
  }
}
window.told = told

function Page() {
  const pay = useIdempotentMutation(charge, {
    ...(query.has('restore') && { restore: cart }),
    send: query.has('send'),
    onSuccess: () => told.push('success'),
    onError: () => told.push('error'),
    onUnknown: () => told.push('unknown'),
  })
  return (
    <>
      <button type="button" onClick={() => pay.mutate(cart)}>
        Pay
      </button>
      <output>{`${pay.status} ${pay.attempts} ${pay.replayed ? 'replayed' : 'fresh'}`}</output>
    </>
  )
}

const host = document.body.appendChild(document.createElement('div'))
createRoot(host).render(
  <StrictMode>
    <Page />
  </StrictMode>,
)
