#!/usr/bin/env bash
# wget sends a POST again by itself where the connection closes before an answer, with no option set: `--tries` is 20 by default,
# for `--post-data` too, with a pause of one second more each time. A 500 is not tried again.
# Seen with wget 1.21.3 (Debian 12): a server that reads three POSTs and closes the connection each time, and answers the fourth,
# has executed four; wget exits with 0. With `--tries=1`: one, exit 4. Answered 500: one, exit 8. Nothing is printed with -q.
# Why it matters: a cron line that triggers a run of payments does so up to twenty times, if the server's work is done and its
# answer lost. What people know of wget is that it loads files to the end.
# What reads otherwise: wget's manual tells of 20 tries where it speaks of downloads; where it speaks of --post-data, of none.
set -eu
command -v wget >/dev/null || {
  echo 'needs wget'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >run.mjs <<'PROGRAM'
import { execFile, execFileSync } from 'node:child_process'
import { createServer } from 'node:http'

console.log(String(execFileSync('wget', ['--version'])).split('\n')[0])
async function pay(name, lost, status, ...options) {
  const bodies = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', piece => (body += piece)).on('end', () => {
      if (bodies.push(body) <= lost) return request.socket.end() // executed; the answer is lost
      response.writeHead(status).end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${server.address().port}/runs`
  const code = await new Promise(done => execFile('wget', ['-q', '--no-config', '-O', '-', '--post-data={}', ...options, url], { timeout: 40_000 }, error => done(error?.code ?? 0)))
  server.closeAllConnections()
  server.close()
  console.log(`${name}: executed ${bodies.length} (${bodies.join(' ')}), wget exits with ${code}`)
  return `${bodies.length} ${code}`
}
const seen = [await pay('three answers lost', 3, 201), await pay('three answers lost, --tries=1', 3, 201, '--tries=1'), await pay('answered 500', 0, 500)]
const same = seen.join('; ') === '4 0; 1 4; 1 8'
console.log(same ? 'as described: one command, four runs' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 90 node run.mjs
