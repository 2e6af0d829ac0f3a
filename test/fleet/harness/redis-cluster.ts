import { createClient } from 'redis'
import { freePort } from './child-server.ts'
import { startRedis, type RedisServer } from './redis-server.ts'

export type RedisCluster = {
  /** Of its masters, each of which has a third of the slots. */
  readonly nodes: readonly RedisServer[]
  readonly stop: () => Promise<void>
}

const SLOTS = ['0 5460', '5461 10922', '10923 16383'] as const

/** Three masters on this machine, each on free ports of its own. */
export async function startRedisCluster(): Promise<RedisCluster> {
  // By default the bus has the port and 10,000 more, which may be beyond the last port.
  const buses = [await freePort(), await freePort(), await freePort()]
  const nodes = await Promise.all(
    buses.map(bus =>
      startRedis([
        '--cluster-enabled',
        'yes',
        '--cluster-port',
        String(bus),
        '--cluster-node-timeout',
        '60000',
      ]),
    ),
  )
  const admins = await Promise.all(
    nodes.map(async ({ url }) => {
      const admin = createClient({ url })
      admin.on('error', () => {})
      return admin.connect()
    }),
  )
  const say = (at: number, command: string) => admins[at]?.sendCommand(command.split(' '))
  for (const [at, slots] of SLOTS.entries()) {
    await say(at, `CLUSTER SET-CONFIG-EPOCH ${at + 1}`)
    await say(at, `CLUSTER ADDSLOTSRANGE ${slots}`)
  }
  for (const at of [1, 2]) await say(0, `CLUSTER MEET 127.0.0.1 ${nodes[at]?.port} ${buses[at]}`)
  for (const at of SLOTS.keys()) {
    for (let info = ''; !/cluster_state:ok[^]*cluster_known_nodes:3/.test(info);) {
      info = String(await admins[at]?.clusterInfo())
      await new Promise(resolve => {
        setTimeout(resolve, 50)
      })
    }
  }
  for (const admin of admins) await admin.close()
  return {
    nodes,
    stop: async () => {
      for (const node of nodes) await node.stop()
    },
  }
}
