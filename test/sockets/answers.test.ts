import { describe, expect, test } from 'vitest'
import { CLIENTS, expectOneKey, openClient, orders, told } from './clients.ts'
import { startServer } from './server.ts'
import type { Step } from './server.ts'

/** A head of this status and nothing else, byte by byte as it stands here. */
function answersBare(status: number, rest = 'content-length: 0\r\n'): Step {
  return ({ write }) => write(`HTTP/1.1 ${status} Whatever\r\n${rest}\r\n`)
}

const REPORTED_BY_FETCH = [
  [407, { outcome: 'unknown', code: 'unresolved' }, 1],
  [421, { outcome: 'not-executed', code: 'unresolved' }, 2],
] as const
const REPORTED_AS_THEY_ARE = [
  [407, { outcome: 'not-executed', code: 'rejected' }, 1],
  [421, { outcome: 'not-executed', code: 'unresolved' }, 1],
] as const

/*
 * What Node's fetch makes of a status before the gate sees it. It reports a 407 as a network failure, and sends
 * a 421 once more by itself (WHATWG Fetch, HTTP-network-or-cache fetch): that is one send, not a stranger's. The fetch
 * over undici's dispatcher does neither.
 */
describe.each(CLIENTS)('over $transport, a server that $keys keys', ({ transport, keys }) => {
  test.each<readonly [status: number, end: object, requests: number]>([
    [200, { outcome: 'executed', data: undefined }, 1],
    [204, { outcome: 'executed', data: undefined }, 1],
    [205, { outcome: 'executed', data: undefined }, 1],
    [226, { outcome: 'executed', data: undefined }, 1],
    [300, { outcome: 'unknown', code: 'unresolved' }, 1],
    [304, { outcome: 'unknown', code: 'unresolved' }, 1],
    [400, { outcome: 'not-executed', code: 'rejected' }, 1],
    [401, { outcome: 'not-executed', code: 'rejected' }, 1],
    [402, { outcome: 'not-executed', code: 'rejected' }, 1],
    [403, { outcome: 'not-executed', code: 'rejected' }, 1],
    [412, { outcome: 'not-executed', code: 'conflict' }, 1],
    [417, { outcome: 'not-executed', code: 'rejected' }, 1],
    [422, { outcome: 'not-executed', code: 'rejected' }, 1],
    [425, { outcome: 'not-executed', code: 'unresolved' }, 1],
    [429, { outcome: 'not-executed', code: 'unresolved' }, 1],
    [451, { outcome: 'not-executed', code: 'rejected' }, 1],
    ...(transport === 'undici' ? REPORTED_AS_THEY_ARE : REPORTED_BY_FETCH),
  ])('%i, once', async (status, end, requests) => {
    const bodiless = status === 204 || status === 304
    const server = await startServer([answersBare(status, bodiless ? '' : undefined)], { keys })
    const operation = orders(openClient(transport, server.origin, { keys, retry: { attempts: 1 } }))
    expect(await told(operation)).toEqual(end)
    expect(server.requests.length).toBe(requests)
    await expectOneKey(server, operation)
  })

  test('a body of JSON null is the result null', async () => {
    const server = await startServer([({ reply }) => reply(200, 'null')], { keys })
    const operation = orders(openClient(transport, server.origin, { keys }))
    expect(await told(operation)).toEqual({ outcome: 'executed', data: null })
    expect(await told(operation)).toEqual({ outcome: 'executed', data: null })
  })

  test('heads that only inform come before the answer, and are none', async () => {
    const informs: Step = ({ execute, write }) => {
      execute()
      write('HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n')
      write('HTTP/1.1 201 Created\r\ncontent-length: 11\r\n\r\n{"order":9}')
    }
    const server = await startServer([informs], { keys })
    expect(await told(orders(openClient(transport, server.origin, { keys })))).toEqual({
      outcome: 'executed',
      data: { order: 9 },
    })
  })

  test('a head that only informs, and then the end, is a lost answer', async () => {
    const server = await startServer([({ close }) => close('HTTP/1.1 103 Early Hints\r\n\r\n')], { keys })
    const operation = orders(openClient(transport, server.origin, { keys, retry: { attempts: 1 } }))
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'unresolved' })
  })
})
