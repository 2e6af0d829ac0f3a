import { describe, expect, test } from 'vitest'
import { bench, cart, ending } from './bench/bench.ts'
import { answer, refusedConnection } from './bench/scripted-server.ts'

describe('what a caller was told did not happen does not happen by itself later', () => {
  test('attempts that never left: resume does not send the stored request', async () => {
    const { placeOrder, client, server, clock } = bench({ retry: { attempts: 2 } })
    server.script(refusedConnection, refusedConnection)
    const { error } = await clock.until(ending(placeOrder({ persist: 'request' }).run(cart)))
    expect(error).toMatchObject({ code: 'unresolved', outcome: 'not-executed' })
    server.always(answer(201, { order: 9 }))

    const resumed = await clock.until(client.resume({ send: true }))

    expect(resumed).toMatchObject([{ id: 'cart-42', outcome: 'not-executed' }])
    expect(server.requests.length).toBe(2)
  })

  test('an abort between attempts: resume does not send the stored request', async () => {
    const { placeOrder, client, server, clock } = bench()
    server.script(refusedConnection)
    const leaving = new AbortController()
    const call = ending(placeOrder({ persist: 'request' }).run(cart, { signal: leaving.signal }))
    await clock.settle()
    leaving.abort()
    expect((await clock.until(call)).error).toMatchObject({ name: 'AbortError', outcome: 'not-executed' })
    const before = server.requests.length
    server.always(answer(201, { order: 9 }))

    await clock.until(client.resume({ send: true }))

    expect(server.requests.length).toBe(before)
  })

  test('a new call may send it, and then it is stored again', async () => {
    const { placeOrder, client, server, clock } = bench({ retry: { attempts: 1 } })
    server.script(refusedConnection)
    const order = placeOrder({ persist: 'request' })
    await clock.until(ending(order.run(cart)))
    server.script(answer(503, {}))
    expect((await clock.until(ending(order.run(cart)))).error).toMatchObject({ outcome: 'unknown' })
    server.always(answer(201, { order: 9 }))

    expect(await clock.until(client.resume({ send: true }))).toMatchObject([{ outcome: 'executed' }])
  })
})
