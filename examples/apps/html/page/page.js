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

function sentence(end) {
  return end.outcome === 'executed' && !end.error ? `Paid: ${end.data.charge}` : sentenceFor(describe(end))
}

async function follow(run) {
  if (run === undefined) return
  output.value = 'Paying…'
  const end = await run.settled
  output.value = sentence(end)
  // While nobody knows, the page goes on finding out.
  if (end.outcome === 'unknown') pay.watch(order, (_, later) => later && (output.value = sentence(later)))
}

document.querySelector('button').addEventListener('click', () => follow(pay.start(order)))
await follow(await pay.resume(order, { send: true })) // undefined where nothing was begun
