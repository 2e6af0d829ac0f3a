import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { Goal } from '../figure.ts'
import { figureOf, MISSING } from '../figure.ts'
import type { HandlerName, MiddlewareName } from '../middlewares.ts'
import { HANDLERS, MIDDLEWARES } from '../middlewares.ts'
import type { Part } from '../part.ts'
import { childOf } from '../ref.ts'
import type { Rounds } from '../rounds.ts'
import type { Entrant } from '../turns.ts'
import { entrantsOf, takeTurns } from '../turns.ts'

type Name = MiddlewareName | HandlerName

const NAMES = [...Object.keys(HANDLERS), ...Object.keys(MIDDLEWARES)] as readonly Name[]

/** What each is held against. */
function bareOf(name: Name): Name {
  if (name.startsWith('Express')) return 'Express, nothing between'
  return name.startsWith('node:http') ? 'node:http, nothing between' : 'a Fetch handler'
}

const GOALS: Partial<Record<Name, Goal>> = {
  'Express + stillonce': { of: 'ratio', is: 'at most', limit: 1.6 },
  'node:http + stillonce': { of: 'ratio', is: 'at most', limit: 1.25 },
  'a Fetch handler + stillonce': { of: 'ratio', is: 'at most', limit: 2.2 },
}

const FULL: Rounds = { rounds: 12, calls: 500, warmUp: 2_000, atATime: 8 }

export function middlewarePart({ rounds, calls, warmUp, atATime }: Rounds = FULL): Part {
  return {
    title: 'The server side: CPU of a request with a new key, memory stores',
    how:
      'POST of a small JSON, answered 201 with one. The CPU time of the server’s process, for each request; over ' +
      `loopback, ${atATime} connections, but for the Fetch handlers, which are called. ${rounds} batches of ${calls} ` +
      'in turns; ratios are medians of the ratios of one round.',
    async measure(ref) {
      const agent = new Agent({ keepAlive: true, maxSockets: atATime })
      const entrants = entrantsOf(NAMES, ref)
      const opened = entrants.map(
        async entrant => [entrant, await openShop(entrant, agent, atATime)] as const,
      )
      const shops = new Map(await Promise.all(opened))
      const used = async (entrant: Entrant<Name>, requests: number) => shops.get(entrant)!.serve(requests)
      try {
        for (const entrant of entrants) await used(entrant, warmUp)
        const measured = await takeTurns<Name, number>(entrants, rounds, entrant => used(entrant, calls))
        return NAMES.map(name =>
          figureOf(name, 'us CPU', measured[name], {
            to: bareOf(name),
            measured: measured[bareOf(name)],
            goal: GOALS[name],
          }),
        )
      } finally {
        agent.destroy()
        await Promise.all([...shops.values()].map(shop => shop.close()))
      }
    },
  }
}

type Shop = {
  /** The CPU time that its process takes for each of so many requests, us. */
  serve(calls: number): Promise<number | typeof MISSING>
  close(): Promise<void>
}

async function openShop({ name, ref }: Entrant<Name>, agent: Agent, atATime: number): Promise<Shop> {
  const child = fork(childOf('middleware.ts', ref), [name], { execArgv: [] })
  const port = await told(child)
  if (port === MISSING) return NO_SHOP
  let key = 0

  const ask = async (calls: number): Promise<void> => {
    let left = calls
    const caller = async () => {
      while (left-- > 0) await post(port, `key-${(key += 1)}`, agent)
    }
    await Promise.all(Array.from({ length: atATime }, caller))
  }
  const usedUs = async (perform: number): Promise<number> => {
    child.send(perform)
    return Number(await told(child))
  }
  return {
    serve: async (calls: number): Promise<number> => {
      const before = await usedUs(0)
      if (port !== 0) await ask(calls)
      return ((await usedUs(port === 0 ? calls : 0)) - before) / calls
    },
    close: async () => {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

const NO_SHOP: Shop = { serve: async () => MISSING, close: async () => {} }

async function told(child: ChildProcess): Promise<number | typeof MISSING> {
  const [said] = (await once(child, 'message')) as [number | typeof MISSING]
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
