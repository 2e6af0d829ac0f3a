#!/usr/bin/env bash
# A limit of "one in thirty days" refuses nobody in three libraries: the time goes to setTimeout as it is, more than 24.8 days
# overflow it, and the next one is let through after a millisecond.
# Seen with rate-limiter-flexible 11.4.0 (RateLimiterMemory), bottleneck 2.19.5 (minTime) and p-throttle 8.1.1, beside limiter 4.1.0
# and p-queue 10.0.0 (interval), on Node 20 and 24: the second of two payouts waits, or is refused, with 24 days; with 30 days the
# three make it at once. limiter waits, as does bottleneck's `reservoirRefreshInterval`; p-queue throws where the interval is given.
# Why it matters: one voucher, one payout, one free trial a month is what such a limit is for, and a test uses a second. Node prints a
# TimeoutOverflowWarning, once for a process.
# What reads otherwise: the documentation of the three names the unit, seconds or milliseconds, and no bound.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent rate-limiter-flexible@11.4.0 bottleneck@2.19.5 p-throttle@8.1.1 p-queue@10.0.0 limiter@4.1.0
cat >run.mjs <<'PROGRAM'
import Bottleneck from 'bottleneck'
import { RateLimiter } from 'limiter'
import PQueue from 'p-queue'
import pThrottle from 'p-throttle'
import { RateLimiterMemory } from 'rate-limiter-flexible'

const day = 86_400_000
const sleep = ms => new Promise(done => setTimeout(done, ms))
const limits = {
  'rate-limiter-flexible 11.4.0': days => {
    const limiter = new RateLimiterMemory({ points: 1, duration: days * 86_400 })
    return pay => limiter.consume('customer-51').then(pay, () => {})
  },
  'bottleneck 2.19.5': days => {
    const limiter = new Bottleneck({ minTime: days * day })
    return pay => limiter.schedule(pay)
  },
  'p-throttle 8.1.1': days => {
    const throttle = pThrottle({ limit: 1, interval: days * day })
    let throttled
    return pay => (throttled ??= throttle(pay))()
  },
  'p-queue 10.0.0': days => {
    try {
      const queue = new PQueue({ interval: days * day, intervalCap: 1 })
      return pay => queue.add(pay)
    } catch {
      return undefined
    }
  },
  'limiter 4.1.0': days => {
    const limiter = new RateLimiter({ tokensPerInterval: 1, interval: days * day })
    return pay => limiter.removeTokens(1).then(pay)
  },
  'bottleneck 2.19.5, reservoir': days => {
    const limiter = new Bottleneck({ reservoir: 1, reservoirRefreshAmount: 1, reservoirRefreshInterval: days * day })
    return pay => limiter.schedule(pay)
  },
}
const results = []
for (const [name, limit] of Object.entries(limits)) {
  const made = {}
  for (const days of [24, 30]) {
    let payouts = 0
    const limited = limit(days)
    if (limited === undefined) {
      made[days] = 'an error'
      continue
    }
    const pay = async () => void payouts++
    void limited(pay)
    await sleep(50)
    void limited(pay)
    await sleep(500)
    made[days] = payouts
  }
  console.log(`${name}: two asked for, made with 24 days: ${made[24]}, with 30 days: ${made[30]}`)
  results.push(`${made[24]} ${made[30]}`)
}
const same = results.join() === '1 2,1 2,1 2,1 an error,1 1,1 1'
console.log(same ? 'as described: a month is a millisecond' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node --no-warnings run.mjs
