#!/usr/bin/env bash
# `queue.add` of BullMQ with a job id that is taken stores nothing, and resolves with a Job that has the new data: its
# `data`, its `toJSON()` and its `name` are those of the call, while the queue keeps, and a worker gets, the first ones.
# Seen with bullmq 6.7.0 on Redis 7.0.15, Node 20: an order is added with 20, then under the same id with 99; the second
# call resolves with { amount: 99 }, the worker is given 20, once. `getJob(id)` tells what is kept.
# Why it matters: the id is what makes two clicks one charge. A caller who changed the amount between them is shown a job
# with the new amount, and 20 are charged.
# What reads otherwise: the documentation of `jobId`, a job with a taken id "will not be added"; the type of `add` is the
# same Job in both cases, and no field and no event of the Job says which it was (the queue's own `duplicated` event is
# read by another connection).
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
import { Queue, Worker } from 'bullmq'

const free = net.createServer().listen(0, '127.0.0.1')
await once(free, 'listening')
const { port } = free.address()
free.close()
await once(free, 'close')
const redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'])
let printed = ''
while (!printed.includes('Ready to accept connections')) printed += String((await once(redis.stdout, 'data'))[0])
const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null }
const queue = new Queue('charges', { connection })

const first = await queue.add('charge', { amount: 20 }, { jobId: 'order-a' })
const second = await queue.add('correction', { amount: 99 }, { jobId: 'order-a' })
const kept = await queue.getJob('order-a')
const given = []
const worker = new Worker('charges', async job => given.push([job.name, job.data.amount]), { connection })
await once(worker, 'drained')
console.log('first ', first.id, first.name, first.data)
console.log('second', second.id, second.name, second.data, 'state', await second.getState())
console.log('kept  ', kept.id, kept.name, kept.data)
console.log('given to the worker', given)
const same = second.data.amount === 99 && second.name === 'correction' && kept.data.amount === 20 && JSON.stringify(given) === '[["charge",20]]'
console.log(same ? 'as described: the caller is handed 99, the worker 20' : 'changed')
await worker.close()
await queue.close()
redis.kill()
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
