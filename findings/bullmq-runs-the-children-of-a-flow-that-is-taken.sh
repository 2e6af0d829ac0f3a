#!/usr/bin/env bash
# A BullMQ flow whose parent has a job id that is taken is added all the same: the parent once, its children again. They are
# executed, also if the parent has long ended.
# Seen with bullmq 6.7.0 on Redis 7.0.15, Node 20 and 24: the flow "order-51" with one child "charge" is added twice: both
# calls resolve, the charge is executed twice and the order once, with two results of children; added a third time when the
# order is completed: charged again, and nothing else happens. With an id for the child too it is charged once.
# Why it matters: the call that adds the flow is what a client repeats after a lost answer, and the id of the order is what
# looks like its protection. Every child needs an id of its own, made of the parent's.
# What reads otherwise: the documentation of job ids: a job whose id is taken is not added. It names no exception.
set -eu
command -v redis-server >/dev/null || {
  echo 'needs redis-server'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent bullmq@6.7.0 ioredis@6.0.0
cat >run.mjs <<'PROGRAM'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { FlowProducer, Queue, Worker } from 'bullmq'

const free = net.createServer().listen(0, '127.0.0.1')
await once(free, 'listening')
const { port } = free.address()
free.close()
await once(free, 'close')
const redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'])
let printed = ''
while (!printed.includes('Ready to accept connections')) printed += String((await once(redis.stdout, 'data'))[0])
const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null }

const log = []
const charges = new Queue('charges', { connection })
const charging = new Worker('charges', async job => log.push(`charge for ${job.data.order}`), { connection })
const ordering = new Worker('orders', async job => log.push(`${job.id} with ${Object.keys(await job.getChildrenValues()).length} charges`), { connection })
const flows = new FlowProducer({ connection })
const add = (order, options) =>
  flows.add({ name: 'order', queueName: 'orders', opts: { jobId: order }, children: [{ name: 'charge', queueName: 'charges', data: { order }, opts: options }] })
const until = async count => {
  while (log.length < count) await new Promise(done => setTimeout(done, 20))
}
await charges.pause() // so that both calls are over before anything is executed
await add('order-51', {})
await add('order-51', {})
await charges.resume()
await until(3)
await add('order-51', {})
await until(4)
for (const _ of [1, 2]) await add('order-52', { jobId: 'charge-of-order-52' })
await until(6)
await new Promise(done => setTimeout(done, 500))
console.log('bullmq 6.7.0, order-51 added three times, order-52 twice:', log)
const count = line => log.filter(entry => entry === line).length
const same =
  log.length === 6 &&
  count('charge for order-51') === 3 &&
  count('order-51 with 2 charges') === 1 &&
  count('charge for order-52') === 1 &&
  count('order-52 with 1 charges') === 1
console.log(same ? 'as described: one order, three charges' : 'changed')
await Promise.all([charging.close(), ordering.close(), charges.close(), flows.close()])
redis.kill()
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
