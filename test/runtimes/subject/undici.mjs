/* `undiciFetch` in this runtime: the ends of a call, of one to nobody, and what a call past the gate gets. */
import { createClient, ietf, memoryStore } from 'stillonce'
import { undiciFetch } from 'stillonce/undici'

const origin = globalThis.process.env.ORIGIN

async function endTo(baseUrl, fetch) {
  const client = createClient({
    http: { baseUrl, fetch },
    store: memoryStore(),
    scope: 'undici',
    profile: ietf,
    retry: { attempts: 1 },
  })
  const pay = client.operation({
    name: 'pay',
    id: ({ path }) => path,
    request: ({ path }) => ({ method: 'post', url: path, json: { path } }),
  })
  const { outcome, data, error } = await pay.start({ path: 'undici' }).settled
  return [outcome, JSON.stringify(data), error?.code].filter(Boolean).join(' ')
}

try {
  const fetch = undiciFetch()
  console.log(await endTo(`${origin}/`, fetch))
  console.log(await endTo('http://127.0.0.1:1/', fetch))
  const response = await fetch(`${origin}/undici`)
  console.log(response instanceof Response, response.status)
} catch (error) {
  console.log(error.message)
}
globalThis.process.exit()
