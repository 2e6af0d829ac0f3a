import { invalidOption } from '../check-options.ts'

/** `ioredis`: a `Redis` or a `Cluster`. */
type Ioredis = {
  readonly call: (command: string, args: string[]) => Promise<unknown>
  readonly on?: (event: 'close' | '-node' | 'node error', listener: () => void) => unknown
}

/** `redis` (node-redis): the connected result of `createClient` or `createClientPool`. */
type NodeRedis = { readonly sendCommand: (args: string[]) => Promise<unknown> }

/** The result of node-redis's `createCluster`, which sends a command to the node of its key. */
type NodeRedisCluster = {
  readonly masters: unknown
  readonly sendCommand: (
    firstKey: string | undefined,
    isReadonly: boolean | undefined,
    args: string[],
  ) => Promise<unknown>
}

/** The result of node-redis's `createSentinel`, which sends every command that is not read-only to the master. */
type NodeRedisSentinel = {
  readonly getMasterNode: unknown
  readonly sendCommand: (isReadonly: boolean | undefined, args: string[]) => Promise<unknown>
}

export type RedisClient = Ioredis | NodeRedis | NodeRedisCluster | NodeRedisSentinel

/** A separate, connected client for hints: `client.duplicate()` of either library. It stays in subscriber mode. */
export type RedisSubscriber = {
  /** node-redis calls the listener with each message; ioredis calls it with the result of subscribing. */
  readonly subscribe: (channel: string, listener: (message: unknown) => void) => unknown
  /** ioredis emits each message as an event. */
  readonly on?: (event: 'message', listener: (channel: string, message: string) => void) => unknown
  readonly unsubscribe: (channel: string) => unknown
}

/** Sends one command. `key` decides which node of a cluster receives it. */
export type SendCommand = (key: string, command: string, args: string[]) => Promise<unknown>

/**
 * Recognizes a client by its methods. Both libraries have a `sendCommand`, and the one of ioredis takes a command
 * object.
 */
export function commandsOf(client: RedisClient): SendCommand {
  if (has(client, 'call')) {
    const { call } = client as Ioredis
    return (_key, command, args) => call.call(client, command, args)
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

/** Counts per client, because one client may serve several stores. */
const LOSSES = new WeakMap<object, { count: number }>()

/**
 * How many connections were lost so far. ioredis sends unanswered commands again by itself without showing it, so an
 * answer may come from the second copy. node-redis rejects instead.
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
  // The last two are events of a cluster.
  for (const event of ['close', '-node', 'node error'] as const) (client as Ioredis).on?.(event, count)
  return () => losses.count
}

function has(client: unknown, method: string): boolean {
  return typeof client === 'object' && client !== null && typeof Reflect.get(client, method) === 'function'
}
