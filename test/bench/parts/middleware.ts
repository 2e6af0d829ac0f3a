import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { Part } from '../figure.ts'
import { figureOf } from '../figure.ts'
import type { HandlerName, MiddlewareName } from '../middlewares.ts'
import { HANDLERS, MIDDLEWARES } from '../middlewares.ts'
import type { Rounds } from '../rounds.ts'

type Name = MiddlewareName | HandlerName

const NAMES = [...Object.keys(HANDLERS), ...Object.keys(MIDDLEWARES)] as readonly Name[]

/** What each is held against. */
function bareOf(name: Name): Name {
  if (name.startsWith('Express')) return 'Express, nothing between'
  return name.startsWith('node:http') ? 'node:http, nothing between' : 'a Fetch handler'
}

const FULL: Rounds = { rounds: 12, calls: 500, warmUp: 2_000, atATime: 8 }

export function middlewarePart({ rounds, calls, warmUp, atATime }: Rounds = FULL): Part {
  return {
    title: 'The server side: CPU of a request with a new key, memory stores',
    how:
      'POST of a small JSON, answered 201 with one. The CPU time of the server’s process, for each request; over ' +
      `loopback, ${atATime} connections, but for the Fetch handlers, which are called. ${rounds} batches of ${calls} ` +
      'in turns; ratios are medians of the ratios of one round.',
    async measure() {
      const agent = new Agent({ keepAlive: true, maxSockets: atATime })
      const shops = await Promise.all(NAMES.map(name => openShop(name, agent, atATime)))
      const used = Object.fromEntries(NAMES.map(name => [name, [] as number[]])) as Record<Name, number[]>
      try {
        for (const { serve } of shops) await serve(warmUp)
        for (let round = 0; round < rounds; round += 1)
          for (const { name, serve } of round % 2 === 0 ? shops : shops.toReversed())
            used[name].push((await serve(calls)) / calls)
      } finally {
        agent.destroy()
        await Promise.all(shops.map(({ close }) => close()))
      }
      return NAMES.map(name =>
        figureOf(name, 'us CPU', used[name], { to: bareOf(name), measured: used[bareOf(name)] }),
      )
    },
  }
}

async function openShop(name: Name, agent: Agent, atATime: number) {
  const child = fork(new URL('../children/middleware.ts', import.meta.url), [name], { execArgv: [] })
  const port = await told(child)
  let key = 0

  const ask = async (calls: number): Promise<void> => {
    let left = calls
    const caller = async () => {
      while (left-- > 0) await post(port, `key-${(key += 1)}`, agent)
    }
    await Promise.all(Array.from({ length: atATime }, caller))
  }
  return {
    name,
    /** The CPU time that its process takes for so many requests, us. */
    serve: async (calls: number): Promise<number> => {
      child.send(0)
      const before = await told(child)
      if (port !== 0) await ask(calls)
      child.send(port === 0 ? calls : 0)
      return (await told(child)) - before
    },
    close: async () => {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

async function told(child: ChildProcess): Promise<number> {
  const [said] = (await once(child, 'message')) as [number]
  return said
}

async function post(port: number, key: string, agent: Agent): Promise<void> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key }
  const sent = request({ host: '127.0.0.1', port, path: '/orders', method: 'POST', headers, agent })
  sent.end('{"item":"tea"}')
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  await buffer(response)
  if (response.statusCode !== 201) throw new Error(`The shop answered ${response.statusCode}.`)
}
