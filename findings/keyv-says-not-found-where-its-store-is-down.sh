#!/usr/bin/env bash
# Keyv answers the error of its store with the words of an empty store: `get` resolves undefined, `set` resolves
# false, `delete` resolves false. Only `has` rejects. Nothing is thrown unless `throwOnErrors` is set.
# Seen with keyv 5.6.0 on Node 20 and 24: a store whose every method rejects with "connection lost".
# Why it matters: "is this idempotency key known?" is answered "no" while the store is away, and the claim that
# failed is a resolved promise, so a guard of the usual form (`if (await keyv.get(key)) replay`) executes again.
# Source: its README names the default (`throwOnErrors: false`), and not what is said in the place of an error.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent keyv@5.6.0
cat >run.mjs <<'PROGRAM'
import { readFileSync } from 'node:fs'
import Keyv from 'keyv'

const { version } = JSON.parse(readFileSync('node_modules/keyv/package.json', 'utf8'))
const lost = async () => {
  throw new Error('connection lost')
}
const store = { get: lost, set: lost, delete: lost, has: lost, clear: lost, on() {} }
async function ask(options) {
  const keyv = new Keyv({ store, ...options })
  keyv.on('error', () => {})
  const told = {}
  for (const method of ['get', 'set', 'delete', 'has']) {
    told[method] = await keyv[method]('order-51', 'in progress').then(value => `resolves ${value}`, error => `rejects: ${error.message}`)
  }
  return told
}
const byDefault = await ask({})
const throwing = await ask({ throwOnErrors: true })
console.log(`keyv ${version}, by default`, byDefault, 'with throwOnErrors', throwing)
const same = Object.values(byDefault).join() === 'resolves undefined,resolves false,resolves false,rejects: connection lost'
  && Object.values(throwing).every(text => text.startsWith('rejects'))
console.log(same ? 'as described: a store that is away is an empty one' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
