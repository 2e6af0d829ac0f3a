#!/usr/bin/env bash
# net-snmp sends a SET again where no answer comes within five seconds, by default, the same bytes. An outlet that is told to restart
# what hangs on it restarts twice, and the caller is told of one success.
# Seen with net-snmp 3.29.2 on Node 20 and 24, a session without options and an agent of the same package whose first answer is lost on
# the way: session.set of one integer: two requests of the same bytes and request id, five seconds apart, each is executed, and the
# callback has no error. With `retries: 0`: one, and a RequestTimedOutError.
# Why it matters: writing a value twice is harmless as long as the value is a state. What is written to devices is often a command that
# looks like one: 3 for "restart" to an outlet, 1 for "send this message", a row's status createAndGo. An agent owes nobody a memory
# of request ids.
# Source: README of net-snmp (`retries`, "defaults to 1"), for all requests alike; RFC 3418 has TestAndIncr and snmpSetSerialNo for just
# this: a SET that carries the number is refused the second time.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent net-snmp@3.29.2
cat >run.mjs <<'PROGRAM'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import snmp from 'net-snmp'

const bound = async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}
const outlet = '1.3.6.1.4.1.99999.1'
async function restart(options) {
  const free = await bound()
  const { port } = free.address()
  await new Promise(done => free.close(done))
  const agent = snmp.createAgent({ port, address: '127.0.0.1', disableAuthorization: true }, () => {})
  agent.registerProvider({
    name: 'outlet',
    type: snmp.MibProviderType.Scalar,
    oid: outlet,
    scalarType: snmp.ObjectType.Integer,
    maxAccess: snmp.MaxAccess['read-write'],
  })
  agent.getMib().setScalarValue('outlet', 1)
  // the network: loses the agent's first answer
  const [near, far] = [await bound(), await bound()]
  const requests = []
  let answers = 0
  let client
  near.on('message', (bytes, from) => {
    client = from
    requests.push(bytes.toString('hex'))
    far.send(bytes, port, '127.0.0.1')
  })
  far.on('message', bytes => {
    if (answers++ > 0) near.send(bytes, client.port, client.address)
  })
  const session = snmp.createSession('127.0.0.1', 'private', { port: near.address().port, ...options })
  const told = await new Promise(done => {
    session.set([{ oid: `${outlet}.0`, type: snmp.ObjectType.Integer, value: 3 }], error => done(error ? error.name : 'success'))
  })
  const value = agent.getMib().getScalarValue('outlet')
  session.close()
  agent.close()
  near.close()
  far.close()
  const line = `told ${told}, ${requests.length} requests, ${new Set(requests).size} different, answered ${answers}, outlet ${value}`
  console.log(`net-snmp 3.29.2, ${JSON.stringify(options)}: ${line}`)
  return line
}
const seen = [await restart({}), await restart({ retries: 0, timeout: 500 })]
const same =
  seen.join('; ') ===
  'told success, 2 requests, 1 different, answered 2, outlet 3; told RequestTimedOutError, 1 requests, 1 different, answered 1, outlet 3'
console.log(same ? 'as described: one call, two commands' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
