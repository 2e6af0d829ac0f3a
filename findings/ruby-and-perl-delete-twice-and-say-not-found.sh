#!/usr/bin/env bash
# The HTTP clients that come with Ruby and Perl, Net::HTTP and HTTP::Tiny, send a DELETE or a PUT again by themselves where the
# connection closes before an answer, also a fresh one, and hand over the second answer alone: a 404, since the first did it.
# Seen with Ruby 3.1.2 and Perl 5.36.0, HTTP::Tiny 0.080 (Debian 12), no settings: a subscription is cancelled and the answer
# lost: two DELETEs, and both programs are told 404. Ruby does the same where its read_timeout is over, while the first is still
# at work. A POST: one, and an error. With `max_retries = 0` in Ruby: one.
# Why it matters: "404, there is no such subscription" reads as if the call had done nothing. Net::HTTP is below most gems for
# APIs, whose own retries come on top of it.
# Source: RFC 9110 9.2.2 allows the repeat, "though the response might differ".
set -eu
for tool in ruby perl; do
  command -v "$tool" >/dev/null || {
    echo "needs $tool"
    exit 2
  }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >delete.rb <<'PROGRAM'
require 'net/http'
url, method, setting = ARGV
target = URI(url)
client = Net::HTTP.new(target.host, target.port)
client.read_timeout = 1 if setting == 'timeout'
client.max_retries = 0 if setting == 'none'
begin
  print client.start { |open| open.send_request(method, '/subscriptions/51').code }
rescue StandardError => error
  print error.class
end
PROGRAM
cat >delete.pl <<'PROGRAM'
use HTTP::Tiny;
my ($url, $method) = @ARGV;
print HTTP::Tiny->new->request($method, "$url/subscriptions/51")->{status};
PROGRAM
cat >run.mjs <<'PROGRAM'
import { execFile, execFileSync } from 'node:child_process'
import { createServer } from 'node:http'

console.log(String(execFileSync('ruby', ['--version'])).split('p')[0], String(execFileSync('perl', ['-MHTTP::Tiny', '-e', 'print "Perl $^V, HTTP::Tiny $HTTP::Tiny::VERSION"'])))
async function cancel(program, method, setting = '') {
  let deliveries = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (++deliveries > 1) return response.writeHead(404).end() // there is no such subscription any more
      if (setting !== 'timeout') request.socket.end() // executed; the answer is lost, or does not come
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const [file, interpreter] = program === 'Net::HTTP' ? ['delete.rb', 'ruby'] : ['delete.pl', 'perl']
  const url = `http://127.0.0.1:${server.address().port}`
  const told = await new Promise(done => execFile(interpreter, [file, url, method, setting], { timeout: 20_000 }, (_, stdout) => done(stdout)))
  server.closeAllConnections()
  server.close()
  console.log(`${program} ${method} ${setting}: delivered ${deliveries}, told ${told}`)
  return `${deliveries} ${told}`
}
const seen = [
  await cancel('Net::HTTP', 'DELETE'),
  await cancel('Net::HTTP', 'PUT'),
  await cancel('Net::HTTP', 'DELETE', 'timeout'),
  await cancel('Net::HTTP', 'POST'),
  await cancel('Net::HTTP', 'DELETE', 'none'),
  await cancel('HTTP::Tiny', 'DELETE'),
  await cancel('HTTP::Tiny', 'PUT'),
  await cancel('HTTP::Tiny', 'POST'),
]
const same = seen.join('; ') === '2 404; 2 404; 2 404; 1 EOFError; 1 EOFError; 2 404; 2 404; 1 599'
console.log(same ? 'as described: done, sent again, told "not found"' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 90 node run.mjs
