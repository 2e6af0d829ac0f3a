#!/usr/bin/env bash
# Perl's LWP and Furl tell whatever went wrong on the way as an answer with status 500 that they write themselves: a lost answer, a
# refused connection and a time-out look like the server's own error. Furl first sends the POST again, if it kept the connection.
# Seen with LWP 6.68 and Furl 3.14 (Debian 12): a POST whose answer is lost: LWP has code 500 and is_error, Furl code 500. A closed
# port: the same. What the server itself answers with 500 differs by a header alone, in LWP `Client-Warning: Internal response`,
# in Furl `X-Internal-Response: 1`. After a GET on the same connection Furl sends the lost POST twice and tells 201.
# Why it matters: a rule "500 means the server failed, look at its answer" and a rule "nothing was sent, try again" need to tell
# the three apart. A program that logs the code blames the server for its own network, and the third case is a second payment.
# What reads otherwise: HTTP::Tiny, which says 599 in all of these, a code that no server uses.
set -eu
perl -MLWP::UserAgent -MFurl -e 1 2>/dev/null || {
  echo 'needs LWP and Furl: apt-get install -y libwww-perl libfurl-perl'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >pay.pl <<'PROGRAM'
use strict;
use Furl;
use LWP::UserAgent;
my ($url, $library, $before) = @ARGV;
my $client = $library eq 'LWP' ? LWP::UserAgent->new(keep_alive => 1) : Furl->new;
$client->get($url) if $before eq 'get';
my $answer = $library eq 'LWP' ? $client->post("$url/charges", Content => '{}') : $client->post("$url/charges", [], '{}');
my $own = $library eq 'LWP' ? $answer->header('Client-Warning') : $answer->header('X-Internal-Response');
print $answer->code, ' own: ', $own // 'no';
PROGRAM
cat >run.mjs <<'PROGRAM'
import { execFile, execFileSync } from 'node:child_process'
import { createServer } from 'node:http'

console.log(String(execFileSync('perl', ['-MLWP::UserAgent', '-MFurl', '-e', 'print "LWP $LWP::UserAgent::VERSION, Furl $Furl::VERSION"'])))
async function pay(library, what, before = '') {
  let executed = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.method === 'GET') return response.end('ok')
      if (++executed === 1 && what === 'lost') return request.socket.end()
      response.writeHead(what === 'failed' ? 500 : 201).end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${server.address().port}`
  if (what === 'refused') await new Promise(done => server.close(done))
  const told = await new Promise(done => execFile('perl', ['pay.pl', url, library, before], { timeout: 20_000 }, (_, stdout) => done(stdout)))
  server.closeAllConnections()
  server.close()
  console.log(`${library}, ${what} ${before}: executed ${executed}, told ${told}`)
  return `${executed} ${told}`
}
const seen = []
for (const library of ['LWP', 'Furl']) for (const what of ['lost', 'refused', 'failed']) seen.push(await pay(library, what))
seen.push(await pay('LWP', 'lost', 'get'), await pay('Furl', 'lost', 'get'))
const expected = [
  '1 500 own: Internal response',
  '0 500 own: Internal response',
  '1 500 own: no',
  '1 500 own: 1',
  '0 500 own: 1',
  '1 500 own: no',
  '1 500 own: Internal response',
  '2 201 own: no',
]
const same = seen.join('; ') === expected.join('; ')
console.log(same ? 'as described: lost, refused and failed are all 500' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
