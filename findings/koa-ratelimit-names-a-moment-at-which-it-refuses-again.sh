#!/usr/bin/env bash
# koa-ratelimit rounds its Retry-After down. Who waits exactly as long as it was told comes up to a second too early, is refused
# again, and is told "Retry-After: 0". Three other limiters round up.
# Seen with koa-ratelimit 6.0.0 (memory driver), beside express-rate-limit 8.7.5, @fastify/rate-limit 11.2.0 and hono-rate-limiter
# 0.5.4 on Node 20 and 24: one request in 2.5 s, refused at once: "2", and 429 with "0" after these two seconds; the others say
# "3", and answer 200.
# Why it matters: a client that allows itself one wait, or two tries, is refused for good by a limit that was long open; one that
# takes 0 for "now" asks again and again in the last second. The header X-RateLimit-Reset is a fraction, 1796006021.614103.
# What reads otherwise: RFC 9110 10.2.3, Retry-After is how long the client "ought to wait before making a follow-up request".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent koa@3.3.0 koa-ratelimit@6.0.0 express@5.3.0 express-rate-limit@8.7.5 fastify@5.12.8 @fastify/rate-limit@11.2.0 \
  hono@4.13.19 hono-rate-limiter@0.5.4 @hono/node-server@2.1.9
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import rateLimitOfFastify from '@fastify/rate-limit'
import { createAdaptorServer } from '@hono/node-server'
import express from 'express'
import { rateLimit } from 'express-rate-limit'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { rateLimiter } from 'hono-rate-limiter'
import Koa from 'koa'
import rateLimitOfKoa from 'koa-ratelimit'

const WINDOW_MS = 2_500
const fastify = Fastify()
await fastify.register(rateLimitOfFastify, { max: 1, timeWindow: WINDOW_MS })
fastify.get('/', async () => 'ok')
await fastify.ready()
const servers = {
  'koa-ratelimit 6.0.0': createServer(
    new Koa()
      .use(rateLimitOfKoa({ driver: 'memory', db: new Map(), duration: WINDOW_MS, max: 1, id: () => 'one' }))
      .use(context => (context.body = 'ok'))
      .callback(),
  ),
  'express-rate-limit 8.7.5': createServer(express().use(rateLimit({ windowMs: WINDOW_MS, limit: 1 })).get('/', (_, response) => response.send('ok'))),
  '@fastify/rate-limit 11.2.0': fastify.server,
  'hono-rate-limiter 0.5.4': createAdaptorServer(new Hono().use(rateLimiter({ windowMs: WINDOW_MS, limit: 1, keyGenerator: () => 'one' })).get('/', context => context.text('ok'))),
}
const seen = await Promise.all(
  Object.entries(servers).map(async ([name, server]) => {
    await new Promise(done => server.listen(0, '127.0.0.1', done))
    const ask = () => fetch(`http://127.0.0.1:${server.address().port}/`)
    const first = await ask()
    const refused = await ask()
    const wait = refused.headers.get('retry-after')
    await new Promise(done => setTimeout(done, Number(wait) * 1_000 + 50))
    const again = await ask()
    console.log(`${name}: ${first.status}, ${refused.status} Retry-After: ${wait}; that long after: ${again.status} ${again.headers.get('retry-after') ?? ''}`)
    return `${first.status} ${refused.status} ${wait} ${again.status} ${again.headers.get('retry-after')}`
  }),
)
const [koa, ...others] = seen
const same = /^200 429 [12] 429 0$/.test(koa) && others.every(told => /^200 429 [23] 200 null$/.test(told))
console.log(same ? 'as described: told to come back, and refused' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
