import { createClient, describe, indexedDBStore, stillonce } from 'stillonce'
import { sentenceFor } from './sentences.js'

const client = createClient({
  http: { baseUrl: '/api/' },
  store: indexedDBStore(),
  scope: 'customer-7', // in life: a function that says who is logged in now
  profile: stillonce,
})
const pay = client.operation({
  name: 'pay',
  id: order => order.id, // names the intention: one order, one payment
  request: order => ({ method: 'post', url: 'charges', json: order }),
  status: { request: ({ key }) => ({ url: `charges/by-key/${key}` }) },
})

const order = { id: new URLSearchParams(location.search).get('order') ?? 'order-1' }
const output = document.querySelector('output')
const button = document.querySelector('button')

async function follow(run) {
  if (run === undefined) return
  button.ariaBusy = 'true'
  const tell = () => underWay(run.snapshot)
  const stop = run.subscribe(tell)
  tell()
  const end = await run.settled
  stop()
  show(end)
}

function underWay({ isPaused }) {
  output.value = isPaused ? 'You are offline. We go on as soon as you are back.' : 'Paying…'
}

function show(end) {
  const { outcome, can } = describe(end)
  const isPaid = outcome === 'executed' && !end.error
  output.value = isPaid ? `Paid: ${end.data.charge}` : sentenceFor(describe(end))
  button.ariaBusy = 'false'
  // While nobody knows, the page goes on finding out, and so does a press: under the same key.
  if (outcome === 'unknown') pay.watch(order, (_, later) => later && show(later))
  button.textContent = outcome === 'unknown' && !can.includes('sign-in') ? 'Check' : 'Try again'
  button.hidden = outcome !== 'unknown' && !can.includes('retry') && !can.includes('sign-in')
}

button.addEventListener('click', () => follow(pay.start(order)))
await follow(await pay.resume(order, { send: true })) // undefined where nothing was begun
