#!/usr/bin/env bash
# libcurl sends a request once more by itself, whatever its method, where the connection that it kept from the request before
# closes without an answer. curl, PHP and Python (pycurl) do so with no retries set; what turns it off is a new connection for
# each request.
# Seen with curl 7.88.1, PHP 8.2 and pycurl 7.45.2 (Debian 12): a GET, then a POST with a body on the same handle. The POST is
# read in full and the connection closes: a second POST arrives on a new connection, and the program is told its 201. The same
# POST as the first request of its connection: one, "Empty reply from server". With CURLOPT_FRESH_CONNECT: one.
# Why it matters: whether one call is one payment depends on what went over the handle before, and whoever tests a lost answer
# with the first request of a script sees nothing of it. Give each such request a key, or a connection of its own.
# What reads otherwise: the manual of `--retry`, where a POST is repeated only if one asks for it; RFC 9110 9.2.2, which leaves
# repeats without asking to idempotent methods.
set -eu
for tool in curl php /usr/bin/python3; do
  command -v "$tool" >/dev/null || {
    echo "needs $tool"
    exit 2
  }
done
php -r 'exit(function_exists("curl_init") ? 0 : 1);' && /usr/bin/python3 -c 'import pycurl' || {
  echo 'needs curl of PHP and Python: apt-get install -y php-curl python3-pycurl'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >pay.php <<'PROGRAM'
<?php
[, $url, $before, $fresh] = $argv;
$handle = curl_init();
curl_setopt($handle, CURLOPT_RETURNTRANSFER, true);
if ($before === 'get') {
  curl_setopt($handle, CURLOPT_URL, $url);
  curl_exec($handle);
}
curl_setopt_array($handle, [CURLOPT_URL => "$url/charges", CURLOPT_POSTFIELDS => '{}', CURLOPT_FRESH_CONNECT => $fresh === 'fresh']);
curl_exec($handle);
echo curl_getinfo($handle, CURLINFO_HTTP_CODE), ' ', curl_error($handle);
PROGRAM
cat >pay.py <<'PROGRAM'
import io
import sys

import pycurl

handle = pycurl.Curl()
handle.setopt(pycurl.WRITEDATA, io.BytesIO())
handle.setopt(pycurl.URL, sys.argv[1])
handle.perform()
handle.setopt(pycurl.URL, sys.argv[1] + '/charges')
handle.setopt(pycurl.POSTFIELDS, '{}')
handle.perform()
print(handle.getinfo(pycurl.RESPONSE_CODE))
PROGRAM
cat >run.mjs <<'PROGRAM'
import { execFile, execFileSync } from 'node:child_process'
import { createServer } from 'node:http'

console.log(String(execFileSync('curl', ['--version'])).split(' (')[0] + ', ' + execFileSync('php', ['-r', 'echo "PHP ", PHP_VERSION, ", libcurl ", curl_version()["version"];']))
async function pay(name, command) {
  const bodies = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', piece => (body += piece)).on('end', () => {
      if (request.method === 'GET') return response.end('ok')
      if (bodies.push(body) === 1) return request.socket.end() // executed; the answer is lost
      response.writeHead(201).end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const [program, ...given] = command(`http://127.0.0.1:${server.address().port}`)
  const told = await new Promise(done => execFile(program, given, { timeout: 20_000 }, (error, stdout) => done(stdout.trim() || `exit ${error?.code}`)))
  server.closeAllConnections()
  server.close()
  console.log(`${name}: executed ${bodies.length}, told ${JSON.stringify(told)}`)
  return `${bodies.join()} ${told}`
}
const write = ['-s', '-o', '/dev/null', '-w', '%{http_code}']
const seen = [
  await pay('curl, a GET before', url => ['curl', '-s', '-o', '/dev/null', url, '--next', ...write, '-d', '{}', `${url}/charges`]),
  await pay('curl, alone', url => ['curl', ...write, '-d', '{}', `${url}/charges`]),
  await pay('PHP, a GET before', url => ['php', 'pay.php', url, 'get', 'kept']),
  await pay('PHP, alone', url => ['php', 'pay.php', url, 'nothing', 'kept']),
  await pay('PHP, a GET before, CURLOPT_FRESH_CONNECT', url => ['php', 'pay.php', url, 'get', 'fresh']),
  await pay('pycurl, a GET before', url => ['/usr/bin/python3', 'pay.py', url]),
]
const silence = '0 Empty reply from server'
const same = seen.join('; ') === `{},{} 201; {} 000; {},{} 201; {} ${silence}; {} ${silence}; {},{} 201`
console.log(same ? 'as described: the same POST, once or twice by what went before' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 90 node run.mjs
