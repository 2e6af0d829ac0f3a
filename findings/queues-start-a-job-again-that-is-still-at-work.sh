#!/usr/bin/env bash
# A time limit for a job ends the waiting for it and not the job. Two queues and moleculer try a job again then, while it is at work,
# also where they are told to run one at a time: one order is charged three or four times side by side, and is told as failed.
# Seen with better-queue 3.8.12 (`concurrent: 1`, `maxTimeout`, `maxRetries: 3`), bee-queue 2.0.0 on Redis 7.0.15 (`timeout`,
# `retries(2)`, a concurrency of 1) and moleculer 0.14.36 (`requestTimeout`, `retryPolicy` of 3) on Node 20 and 24: a charge that
# takes 300 ms with a limit of 50: started three, three and four times, three at once, each ends; the caller hears of the limit.
# Why it matters: the provider that answers late is the one that executes. Limit and retries are each harmless, together they repeat
# what is not over. The limit belongs into the call to the provider, where it ends the call, and a key of the order with it.
# What reads otherwise: better-queue's README, a task is "considered timed out"; its concurrency, one task at a time.
set -eu
command -v redis-server >/dev/null || { echo 'needs redis-server: apt-get install redis-server'; exit 1; }
folder=$(mktemp -d)
redis=''
trap '[ -z "$redis" ] || kill "$redis"; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent better-queue@3.8.12 bee-queue@2.0.0 moleculer@0.14.36
redis-server --port 0 --unixsocket "$folder/redis.sock" --save '' >/dev/null &
redis=$!
until [ -S "$folder/redis.sock" ]; do sleep 0.1; done
cat >run.cjs <<'PROGRAM'
const BetterQueue = require('better-queue')
const BeeQueue = require('bee-queue')
const { ServiceBroker } = require('moleculer')

const sleep = ms => new Promise(done => setTimeout(done, ms))
function charges() {
  const seen = { started: 0, ended: 0, most: 0 }
  return {
    seen,
    async charge() {
      seen.started++
      seen.most = Math.max(seen.most, seen.started - seen.ended)
      await sleep(300)
      seen.ended++
    },
  }
}
const ways = {
  'better-queue 3.8.12': charge => new Promise(done => {
    const queue = new BetterQueue((task, callback) => void charge().then(() => callback(null, 'charged')), { concurrent: 1, maxTimeout: 50, maxRetries: 3 })
    queue.push({ id: 'order-51', amount: 20 }, error => done(error ? 'failed' : 'charged'))
  }),
  'bee-queue 2.0.0': async charge => {
    const queue = new BeeQueue('charges', { redis: { path: process.argv[2] } })
    queue.process(1, charge)
    const job = queue.createJob({ amount: 20 }).setId('order-51').timeout(50).retries(2)
    const told = new Promise(done => {
      job.on('failed', () => done('failed'))
      job.on('succeeded', () => done('charged'))
    })
    await job.save()
    return told
  },
  'moleculer 0.14.36': async charge => {
    const broker = new ServiceBroker({ logger: false, requestTimeout: 50, retryPolicy: { enabled: true, retries: 3, delay: 10 } })
    broker.createService({ name: 'orders', actions: { charge } })
    await broker.start()
    return broker.call('orders.charge').then(() => 'charged', () => 'failed')
  },
}
async function main() {
  const results = []
  for (const [name, run] of Object.entries(ways)) {
    const { seen, charge } = charges()
    const told = await run(charge)
    await sleep(1500)
    console.log(`${name}: told ${told}; ${seen.started} started, ${seen.ended} ended, ${seen.most} at once`)
    results.push(`${told} ${seen.started} ${seen.ended} ${seen.most > 1}`)
  }
  const same = results.join() === 'failed 3 3 true,failed 3 3 true,failed 4 4 true'
  console.log(same ? 'as described: tried again while at work' : 'changed')
  process.exit(same ? 0 : 1)
}
main()
PROGRAM
timeout 60 node run.cjs "$folder/redis.sock"
