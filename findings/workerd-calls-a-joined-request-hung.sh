#!/usr/bin/env bash
# workerd ends a request with 500 ("your Worker's code had hung and would never generate a response") that waits for
# what another request is about to tell it by a callback, though the answer comes 300 ms later. The same wait with a timer
# of its own is answered. Awaiting the other request's promise itself is answered too.
# Seen with workerd 1.20261117.1 (npm package `workerd`), compatibility date 2026-11-01.
# Why it matters: calls that share work (a cache that is being filled, a payment that is under way) are usually resolved
# from a list of callbacks: the second visitor gets a 500 for what succeeds.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent workerd@1.20261117.1 >/dev/null
cat >worker.mjs <<'PROGRAM'
let waiting
const shared = () =>
  new Promise(resolve => {
    if (waiting === undefined) {
      waiting = []
      setTimeout(() => {
        const all = waiting
        waiting = undefined
        for (const tell of all) tell('done')
      }, 300)
    }
    waiting.push(resolve)
  })

export default {
  async fetch(request) {
    const timer = request.url.endsWith('/timer') ? setTimeout(() => {}, 5_000) : undefined
    const text = await shared()
    clearTimeout(timer)
    return new Response(text)
  },
}
PROGRAM
cat >config.capnp <<'CONFIG'
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker", esModule = embed "worker.mjs")],
    compatibilityDate = "2026-11-01",
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
CONFIG
cat >run.mjs <<'PROGRAM'
import { spawn } from 'node:child_process'

const child = spawn('./node_modules/.bin/workerd', ['serve', '--control-fd=3', 'config.capnp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
const port = await new Promise(resolve => child.stdio[3].on('data', text => resolve(JSON.parse(text).port)))
const threeAtOnce = async path => {
  const answers = await Promise.all([1, 2, 3].map(() => fetch(`http://127.0.0.1:${port}/${path}`)))
  return answers.map(({ status }) => status).sort().join(' ')
}
const plain = await threeAtOnce('plain')
const timer = await threeAtOnce('timer')
child.kill()
console.log(`workerd: three at once ${plain}; with a timer each ${timer}`)
const same = plain === '200 500 500' && timer === '200 200 200'
console.log(same ? 'as described' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
