import { createClient, describe, indexedDBStore, stillonce } from 'stillonce'
import { sentenceFor } from './sentences.js'

const client = createClient({
  http: { baseUrl: '/api/' },
  store: indexedDBStore(),
  scope: 'customer-7', // in life: a function that says who is logged in now
  profile: stillonce,
  timeout: 10_000, // of one attempt: a phone that has changed its network would wait for ever for the old one's answer
  deadline: 30_000, // after which the page says that it is not known yet, and goes on finding out
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
  const { outcome, reason, can } = describe(end)
  const isPaid = outcome === 'executed' && !end.error
  output.value = isPaid ? `Paid: ${end.data.charge}` : sentenceFor(describe(end))
  button.ariaBusy = 'false'
  // While nobody knows, the page goes on finding out, and so does a press: under the same key.
  if (outcome === 'unknown') pay.watch(order, (_, later) => later && show(later))
  button.textContent = outcome === 'unknown' && !can.includes('sign-in') ? 'Check' : 'Try again'
  // After a conflict that is proven not executed, whoever has looked again may press: it is a new operation.
  const mayPress = can.includes('retry') || can.includes('sign-in') || reason === 'conflict'
  button.hidden = outcome !== 'unknown' && !mayPress
}

button.addEventListener('click', () => follow(pay.start(order)))
await follow(await pay.resume(order, { send: true })) // undefined where nothing was begun
