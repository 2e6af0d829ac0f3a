#!/usr/bin/env bash
# A child of a BullMQ flow whose job id is taken, by a job of another parent or by one that has failed, ends its parent's way,
# and nobody is told: the parent stays in "waiting-children" for ever.
# Seen with bullmq 6.7.0 on Redis 7.0.15, Node 20 and 24: two orders with one charge as their child: the first is completed, the
# second waits, with no child left to wait for. An order whose charge had failed before waits for it, in spite of
# `failParentOnFailure`; where the charge fails afterwards, the order fails. A charge that had succeeded before is taken in.
# Every `flow.add` resolves.
# Why it matters: the shared id is what makes two orders, or the repetition of one, a single charge. It does, and the other
# order is neither done nor failed, with no event, no retry and no time-out; one has to look for it (`getWaitingChildren`).
# What reads otherwise: the documentation of flows, a parent is taken up when all of its children are done.
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

const orders = new Queue('orders', { connection })
const charges = new Queue('charges', { connection })
const charging = new Worker(
  'charges',
  async job => {
    if (job.data.declined) throw new Error('declined')
  },
  { connection },
)
const ordering = new Worker('orders', async () => {}, { connection })
const flows = new FlowProducer({ connection })
const order = (id, charge, declined) =>
  flows.add({
    name: 'order',
    queueName: 'orders',
    opts: { jobId: id },
    children: [{ name: 'charge', queueName: 'charges', data: { declined }, opts: { jobId: charge, failParentOnFailure: true } }],
  })
const until = async (queue, id, state) => {
  while ((await (await queue.getJob(id)).getState()) !== state) await new Promise(done => setTimeout(done, 20))
}
await charges.pause()
await order('first-of-two', 'shared', false)
await order('second-of-two', 'shared', false)
await order('failed-afterwards', 'declined-later', true)
await charges.resume()
await charges.add('charge', { declined: true }, { jobId: 'declined-before' })
await charges.add('charge', { declined: false }, { jobId: 'paid-before' })
await until(charges, 'declined-before', 'failed')
await until(charges, 'paid-before', 'completed')
await order('failed-before', 'declined-before', true)
await order('paid-before', 'paid-before', false)
await until(orders, 'first-of-two', 'completed')
await until(orders, 'paid-before', 'completed')
await until(orders, 'failed-afterwards', 'failed')
await new Promise(done => setTimeout(done, 2000))
const states = {}
for (const id of ['first-of-two', 'second-of-two', 'failed-afterwards', 'failed-before', 'paid-before']) {
  const job = await orders.getJob(id)
  states[id] = `${await job.getState()}, children to come: ${(await job.getDependenciesCount()).unprocessed}`
}
console.log('bullmq 6.7.0', states)
const same = states['second-of-two'] === 'waiting-children, children to come: 0' && states['failed-before'] === 'waiting-children, children to come: 1'
console.log(same ? 'as described: two orders wait for what has been' : 'changed')
await Promise.all([charging.close(), ordering.close(), charges.close(), orders.close(), flows.close()])
redis.kill()
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
