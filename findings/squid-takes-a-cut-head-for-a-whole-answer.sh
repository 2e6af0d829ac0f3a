#!/usr/bin/env bash
# Squid makes a whole answer of one whose head broke off, also in the middle of its first line. A server that dies with "HTTP/1.1 201 Crea"
# on its way has said 201, with an empty body and no error.
# Seen with Squid 5.7 (Debian 12) in front of one upstream, defaults, read by Node 20 and 24: the upstream reads the POST, writes
# "HTTP/1.1 201 Crea", or that line and "Content-Type: applic", and closes: 201, nothing in it, complete, the type "applic". Directly, fetch
# rejects in both. Behind Squid too where it was cut behind "201 Created" and before the next name: 502; and where Content-Length had come.
# Why it matters: the 201 is of a server that had not got as far as to say what it made, or of a process that was killed while its
# transaction was open; "made, without a number" is what the caller stores, and nothing tells it to ask.
# What reads otherwise: RFC 9112 8, a message whose header section is not complete is incomplete.
set -eu
command -v squid >/dev/null || {
  echo 'needs squid: apt-get install -y squid'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >run.mjs <<'PROGRAM'
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import net from 'node:net'

const listen = server => new Promise(done => server.listen(0, '127.0.0.1', () => done(server.address().port)))
const free = net.createServer()
const port = await listen(free)
await new Promise(done => free.close(done))
const whole = 'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 18\r\nConnection: close\r\n\r\n{"charge":"ch_51"}'
let answer = whole
let read = 0
const upstream = net.createServer(socket => {
  let text = ''
  socket.on('error', () => {})
  socket.on('data', piece => {
    text += piece
    if (!text.endsWith('{"amount":20}')) return
    read++
    socket.write(answer)
    setTimeout(() => socket.end(), 50)
  })
})
const target = await listen(upstream)
chmodSync('.', 0o755)
mkdirSync('squid')
chmodSync('squid', 0o777) // squid leaves root's rights
const here = `${process.cwd()}/squid`
writeFileSync('squid.conf', `http_port 127.0.0.1:${port} accel defaultsite=shop.test no-vhost
cache_peer 127.0.0.1 parent ${target} 0 no-query originserver
http_access allow all
pid_filename ${here}/pid
cache_log ${here}/log
coredump_dir ${here}
access_log none
pinger_enable off
visible_hostname shop.test
shutdown_lifetime 0 seconds
cache_mem 8 MB
`)
const squid = spawn('squid', ['-N', '-f', `${process.cwd()}/squid.conf`, '-n', `finding${port}`], { stdio: 'ignore' })
process.on('exit', () => squid.kill('SIGTERM'))
const pay = async to => {
  try {
    const told = await fetch(`http://127.0.0.1:${to}/charges`, { method: 'POST', body: '{"amount":20}' })
    const text = await told.text()
    return told.status === 502 ? '502' : `${told.status} ${told.headers.get('content-type')} ${text || 'nothing'}`
  } catch (error) {
    return `rejected (${error.message})`
  }
}
for (let tries = 0; tries < 200 && !(await pay(port)).startsWith('201'); tries++) await new Promise(done => setTimeout(done, 100))
const cuts = ['HTTP/1.1 201 Crea', 'HTTP/1.1 201 Created\r\nContent-Type: applic', 'HTTP/1.1 201 Created\r\n', whole.slice(0, whole.indexOf('18') + 4)]
const seen = []
for (const cut of [whole, ...cuts]) {
  answer = cut
  read = 0
  const line = `${await pay(port)}; directly ${await pay(target)}`
  console.log(`${JSON.stringify(cut)}: read ${read} times, behind squid ${line}`)
  seen.push(line)
}
squid.kill('SIGTERM')
await new Promise(done => squid.once('exit', done))
const lost = 'rejected (fetch failed)'
const same = seen.join(' | ') === ['201 application/json {"charge":"ch_51"}; directly 201 application/json {"charge":"ch_51"}', `201 null nothing; directly ${lost}`,
  `201 applic nothing; directly ${lost}`, `502; directly ${lost}`, `rejected (terminated); directly ${lost}`].join(' | ')
console.log(same ? 'as described: a piece of a head is an answer' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 90 node run.mjs
