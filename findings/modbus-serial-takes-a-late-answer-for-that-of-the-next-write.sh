#!/usr/bin/env bash
# Modbus over a serial line, or its gateway, has no number by which an answer finds its request, but the answer to a write repeats
# what was written where. modbus-serial does not compare: after a time-out the late answer is taken for that of the next write, which
# resolves with another register and value, and before the device has done it.
# Seen with modbus-serial 8.0.25 (connectTelnet, which is RTU over TCP) on Node 20 and 24: a device answers after 300 ms where the
# limit is 200: write 1 to register 10: "Timed out", and the device has done it; write 2 to register 20 resolves with { address: 10,
# value: 1 } while its own answer is a second away. A read after a read that timed out gives the other register's value. connectTCP,
# whose frames have a number: { address: 20, value: 2 }.
# Why it matters: a pump or a lock is told "done" for what it has not done, and from then on each answer is that of the request
# before. After a time-out close the line, or wait it out; and compare the answer of a write oneself.
# What reads otherwise: the promise of writeRegister, which resolves; Modbus over serial line, where an answer repeats function,
# address and value so that they can be compared.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent modbus-serial@8.0.25
cat >run.cjs <<'PROGRAM'
const { createServer } = require('node:net')
const ModbusRTU = require('modbus-serial')

function checked(bytes) {
  let sum = 0xffff
  for (const byte of bytes) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >> 1) ^ 0xa001 : sum >> 1
  }
  return Buffer.from([...bytes, sum & 0xff, sum >> 8])
}
async function look(name, connect, answer) {
  const done = []
  const device = createServer(socket => {
    let requests = 0
    socket.on('error', () => {})
    socket.on('data', request => {
      requests++
      setTimeout(() => {
        done.push(requests)
        socket.write(answer(request, requests))
      }, requests % 2 === 1 ? 300 : 1000)
    })
  })
  await new Promise(listening => device.listen(0, '127.0.0.1', listening))
  const client = new ModbusRTU()
  await connect(client, device.address().port)
  client.setID(1)
  const ask = async (limit, call) => {
    client.setTimeout(limit)
    return call().then(told => JSON.stringify(told.data ?? told), error => error.message)
  }
  const told = []
  told.push(await ask(200, () => client.writeRegister(10, 1)))
  told.push(await ask(5000, () => client.writeRegister(20, 2)))
  told.push(done.length === 2 ? 'done' : 'not done')
  await new Promise(later => setTimeout(later, 1500))
  told.push(await ask(200, () => client.readHoldingRegisters(100, 1)))
  told.push(await ask(5000, () => client.readHoldingRegisters(200, 1)))
  await new Promise(closed => client.close(closed))
  device.close()
  console.log(`${name}:`, told)
  return told.join()
}
async function main() {
  const serial = await look(
    'modbus-serial 8.0.25, RTU',
    (client, port) => client.connectTelnet('127.0.0.1', { port }),
    request => (request[1] === 3 ? checked([1, 3, 2, 0, request[3]]) : request),
  )
  const tcp = await look(
    'modbus-serial 8.0.25, TCP',
    (client, port) => client.connectTCP('127.0.0.1', { port }),
    request => (request[7] === 3 ? Buffer.from([...request.subarray(0, 4), 0, 5, 1, 3, 2, 0, request[9]]) : request),
  )
  const same = serial === 'Timed out,{"address":10,"value":1},not done,Timed out,[100]'
    && tcp === 'Timed out,{"address":20,"value":2},done,Timed out,[200]'
  console.log(same ? 'as described: the answer before is the answer' : 'changed')
  process.exit(same ? 0 : 1)
}
main()
PROGRAM
timeout 60 node run.cjs
