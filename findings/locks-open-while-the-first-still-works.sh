#!/usr/bin/env bash
# A time limit for the work under a lock ends the waiting, not the work: async-lock with `maxExecutionTime` and p-queue
# with `timeout` and concurrency 1 let the next one in while the first is still at it.
# Seen with async-lock 1.5.0 and p-queue 10.0.0 on Node 20 and 24: two jobs of 300 ms under one key, limit 100 ms: both
# callers are told "time exceeded", both jobs run to their end, and for 200 ms they run side by side.
# Why it matters: the limit is set so that a payment that hangs does not block the next; it makes the lock let both
# through, and the caller hears of a failure of what then succeeds.
# What reads otherwise: README of async-lock, "max amount of time allowed between acquiring the lock and completing
# execution".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent async-lock@1.5.0 p-queue@10.0.0
cat >run.mjs <<'PROGRAM'
import AsyncLock from 'async-lock'
import PQueue from 'p-queue'

const pause = ms => new Promise(done => setTimeout(done, ms))
async function two(name, enter) {
  let running = 0
  let most = 0
  const done = []
  const work = number => async () => {
    most = Math.max(most, ++running)
    await pause(300)
    running--
    done.push(number)
  }
  const told = (await Promise.allSettled([enter(work(1)), enter(work(2))])).map(({ status, reason }) => reason?.message ?? status)
  await pause(700)
  console.log(`${name}: told`, told, 'at once', most, 'finished', done)
  return told.every(text => text !== 'fulfilled') && most === 2 && done.length === 2
}
const lock = new AsyncLock({ maxExecutionTime: 100 })
const queue = new PQueue({ concurrency: 1, timeout: 100, throwOnTimeout: true })
const seen = [await two('async-lock 1.5.0', work => lock.acquire('order-51', work)), await two('p-queue 10.0.0', work => queue.add(work))]
const same = seen.every(Boolean)
console.log(same ? 'as described: two at once under one lock' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
