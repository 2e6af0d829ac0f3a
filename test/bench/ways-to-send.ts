import { once } from 'node:events'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { Agent, request } from 'undici'
import { withServer } from './server.ts'

/**
 * What it costs to send one POST and to read its answer as a text, by each interface that Node has for it: the time of
 * a call in us, 64 at a time, medians of 11 rounds in turns. `node test/bench/ways-to-send.ts`
 */
const ROUNDS = 11
const CALLS = 2_048
const AT_A_TIME = 64

const body = '{"item":"tea","amount":4200}'
const headersOf = () => ({ 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() })
const agent = new HttpAgent({ keepAlive: true })
const dispatcher = new Agent({ allowH2: false })

await withServer(async baseUrl => {
  const { href, origin, pathname } = new URL('v2/orders', baseUrl)
  const ways: Readonly<Record<string, () => Promise<string>>> = {
    fetch: async () => (await fetch(href, { method: 'POST', headers: headersOf(), body })).text(),
    'node:http': async () => {
      const sent = httpRequest(href, {
        method: 'POST',
        headers: { ...headersOf(), 'content-length': body.length },
        agent,
      })
      sent.end(body)
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      return text(response)
    },
    'undici.request': async () =>
      (await request(href, { method: 'POST', headers: headersOf(), body, dispatcher })).body.text(),
    "undici's dispatcher": () =>
      new Promise((resolve, reject) => {
        let read = ''
        dispatcher.dispatch(
          { origin, path: pathname, method: 'POST', headers: headersOf(), body },
          {
            onRequestStart() {},
            onResponseStart() {},
            onResponseData: (_controller, chunk) => void (read += String(chunk)),
            onResponseEnd: () => resolve(read),
            onResponseError: (_controller, error) => reject(error),
          },
        )
      }),
  }
  const measured = new Map<string, number[]>()
  for (let round = -3; round < ROUNDS; round += 1)
    for (const [name, way] of Object.entries(ways)) {
      const us = await timeOf(way)
      if (round >= 0) measured.set(name, [...(measured.get(name) ?? []), us])
    }
  for (const [name, all] of measured) {
    const median = all.toSorted((one, other) => one - other)[Math.floor(all.length / 2)] ?? 0
    console.log(`${median.toFixed(0).padStart(5)} us  ${name}`)
  }
})
agent.destroy()
await dispatcher.close()

async function timeOf(way: () => Promise<string>): Promise<number> {
  let left = CALLS
  const begunMs = performance.now()
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      while (left > 0) {
        left -= 1
        await way()
      }
    }),
  )
  return ((performance.now() - begunMs) / CALLS) * 1_000
}
