import { invalidOption } from '../check-options.ts'

/** `ioredis`: a `Redis` or a `Cluster`. */
type Ioredis = {
  readonly call: (command: string, args: string[]) => Promise<unknown>
  readonly on?: (event: 'close' | '-node' | 'node error', listener: () => void) => unknown
}

/** `redis` (node-redis): what `createClient` or `createClientPool` gives, connected. */
type NodeRedis = { readonly sendCommand: (args: string[]) => Promise<unknown> }

/** What `createCluster` of node-redis gives: a command goes to the node of its key. */
type NodeRedisCluster = {
  readonly masters: unknown
  readonly sendCommand: (
    firstKey: string | undefined,
    isReadonly: boolean | undefined,
    args: string[],
  ) => Promise<unknown>
}

/** What `createSentinel` of node-redis gives: what does not only read goes to the master. */
type NodeRedisSentinel = {
  readonly getMasterNode: unknown
  readonly sendCommand: (isReadonly: boolean | undefined, args: string[]) => Promise<unknown>
}

export type RedisClient = Ioredis | NodeRedis | NodeRedisCluster | NodeRedisSentinel

/** A connection of its own for hints, in subscriber mode from then on: `client.duplicate()` of either library, connected. */
export type RedisSubscriber = {
  /** node-redis calls the listener with each message; ioredis with how the subscribing went. */
  readonly subscribe: (channel: string, listener: (message: unknown) => void) => unknown
  /** ioredis gives messages as events. */
  readonly on?: (event: 'message', listener: (channel: string, message: string) => void) => unknown
  readonly unsubscribe: (channel: string) => unknown
}

/** Sends one command; `key` is the one that decides which node of a cluster it goes to. */
export type SendCommand = (key: string, command: string, args: readonly string[]) => Promise<unknown>

/** By its methods: both libraries have a `sendCommand`, of which ioredis' takes an object of its own. */
export function commandsOf(client: RedisClient): SendCommand {
  if (has(client, 'call')) {
    const { call } = client as Ioredis
    return (_key, command, args) => call.call(client, command, [...args])
  }
  if (has(client, 'sendCommand') && 'masters' in client) {
    const { sendCommand } = client
    return (key, command, args) => sendCommand.call(client, key, false, [command, ...args])
  }
  if (has(client, 'sendCommand') && 'getMasterNode' in client) {
    const { sendCommand } = client
    return (_key, command, args) => sendCommand.call(client, false, [command, ...args])
  }
  if (has(client, 'sendCommand')) {
    const { sendCommand } = client as NodeRedis
    return (_key, command, args) => sendCommand.call(client, [command, ...args])
  }
  throw invalidOption('redisStore.client', 'a client of `redis` or `ioredis`')
}

/** Of clients, because one may serve several stores. */
const LOSSES = new WeakMap<object, { count: number }>()

/**
 * How many connections were seen lost. ioredis sends what was under way again by itself and shows it nowhere, so that the answer
 * may be the second copy's; the other library rejects.
 */
export function lossesOf(client: RedisClient): () => number {
  if (!has(client, 'call') || !has(client, 'on')) return () => 0
  const known = LOSSES.get(client)
  if (known !== undefined) return () => known.count
  const losses = { count: 0 }
  LOSSES.set(client, losses)
  const count = (): void => {
    losses.count += 1
  }
  // The last two are a cluster's.
  for (const event of ['close', '-node', 'node error'] as const) (client as Ioredis).on?.(event, count)
  return () => losses.count
}

function has(client: unknown, method: string): boolean {
  return typeof client === 'object' && client !== null && typeof Reflect.get(client, method) === 'function'
}
