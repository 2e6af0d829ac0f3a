#!/usr/bin/env bash
# A static page for nginx's own errors (`error_page 502 504 @sorry`, or the stock line for 50x.html where the file is
# missing) is served by rules of its own: for a POST they say 405, for a missing file 404. The 502 is gone.
# Seen with nginx 1.22.1 (Debian 12): POST read by the upstream, whose connection closes: 405 with a static page, 404
# with the stock line and no file, 502 without error_page.
# Why it matters: 404 and 405 are the statuses by which a server says that it did nothing. Here they stand for a
# payment that the upstream may have made, and a client that believes them tells "not executed" and sends a new key.
# Their bodies are HTML, which is the one sign left.
set -eu
command -v nginx >/dev/null || {
  echo 'needs nginx'
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
let read = 0
const upstream = net.createServer(socket => {
  socket.on('error', () => {})
  socket.on('data', () => {
    read++
    socket.destroy()
  })
})
const target = await listen(upstream)
chmodSync('.', 0o755) // nginx's workers read the page
mkdirSync('html')
writeFileSync('html/sorry.html', '<html>Sorry, back soon</html>')
const settings = {
  'no error_page': '',
  'error_page with a static page': 'error_page 502 504 @sorry; location @sorry { root html; try_files /sorry.html =502; }',
  'the stock line, file missing': 'error_page 500 502 503 504 /50x.html; location = /50x.html { root html; }',
}
const seen = []
for (const [name, setting] of Object.entries(settings)) {
  const free = net.createServer()
  const port = await listen(free)
  await new Promise(done => free.close(done))
  writeFileSync('nginx.conf', `daemon off; pid nginx.pid; error_log stderr crit;
events {}
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  types { text/html html; }
  server { listen 127.0.0.1:${port}; ${setting} location = /up { return 204; } location / { proxy_pass http://127.0.0.1:${target}; } }
}`)
  const nginx = spawn('nginx', ['-p', process.cwd(), '-c', `${process.cwd()}/nginx.conf`, '-e', 'stderr'], { stdio: 'ignore' })
  process.on('exit', () => nginx.kill('SIGTERM'))
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 100 && !(await fetch(`${url}/up`).then(() => true, () => false)); tries++) await new Promise(done => setTimeout(done, 100))
  const before = read
  const answer = await fetch(`${url}/pay`, { method: 'POST', body: '{"amount":100}' })
  console.log(`${name}: the upstream read ${read - before}, the client is told ${answer.status} ${answer.headers.get('content-type')}`)
  seen.push(`${read - before} ${answer.status}`)
  nginx.kill('SIGTERM')
  await new Promise(done => nginx.once('exit', done))
}
const same = seen.join() === '1 502,1 405,1 404'
console.log(same ? 'as described: the page decides the status' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
