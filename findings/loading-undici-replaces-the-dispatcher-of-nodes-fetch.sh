#!/usr/bin/env bash
# Importing undici 8 replaces the dispatcher behind Node's own fetch, for the whole process: in Node 22 always, in Node 24 where
# undici is loaded before anything has touched fetch or node:http. And an Agent of undici 8 is none that Node's fetch takes as its option.
# Seen with undici 8.13.1. Node 22.18.0: a fetch, then the import: the bundled Agent is gone, and undici's Dispatcher1Wrapper with
# pools of undici 8 is behind fetch. Node 24.21.0: replaced where the import comes first, left alone where a fetch came first.
# `fetch(url, { dispatcher: new Agent() })` fails in both before anything is sent: "invalid onRequestStart method".
# Why it matters: a library that merely depends on undici changes how every other call of the process travels, and in Node 24 the
# order of two imports decides. Whoever looks at the dispatcher to know what may send a POST again finds another class there, and
# the connections that were open stay unused.
# What says otherwise: undici's guide names setGlobalDispatcher() and install() as what changes the process, and no import.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent undici@8.13.1 node22@npm:node@22.18.0 node24@npm:node@24.21.0
cat >run.mjs <<'PROGRAM'
const fetched = (url, options) => fetch(url, options).then(response => response.text())
const behind = () => globalThis[Symbol.for('undici.globalDispatcher.1')]
if (process.argv[2] === 'fetch first') await fetched('data:,here')
const before = behind()
const { Agent } = await import('undici')
await fetched('data:,here')
const kind = before === behind() ? 'left alone' : behind().constructor.name
// Only now: loading node:http counts as a first use of fetch in Node 24.
const { createServer } = await import('node:http')
const server = createServer((request, response) => response.end('here')).listen(0, '127.0.0.1')
await new Promise(resolve => server.once('listening', resolve))
const url = `http://127.0.0.1:${server.address().port}/`
const option = await fetched(url, { dispatcher: new Agent() }).catch(error => error.cause?.message ?? error.message)
console.log(`${kind}; an Agent as the option: ${option}`)
process.exit()
PROGRAM
seen=''
for version in 22 24; do
  for order in 'fetch first' 'import first'; do
    said=$(timeout 60 "node_modules/node$version/bin/node" run.mjs "$order")
    echo "Node $version, $order: $said"
    seen="$seen$said
"
  done
done
replaced='Dispatcher1Wrapper; an Agent as the option: invalid onRequestStart method'
left='left alone; an Agent as the option: invalid onRequestStart method'
if [ "$seen" = "$replaced
$replaced
$left
$replaced
" ]; then echo 'as described: an import changed the process'; else echo 'changed'; exit 1; fi
