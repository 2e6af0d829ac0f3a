#!/usr/bin/env bash
# PHP's SoapClient makes a fault of its own where an answer is no whole XML, and gives it the code `Client`, by which a server says that
# a request was wrong and did nothing. An answer that is cut in the middle is told so, and so is a gateway's page.
# Seen with PHP 8.2 and php-soap (Debian 12): pay() is executed, and its answer of 200 breaks off: SoapFault, faultcode "Client", "looks
# like we got no XML document". A page of HTML with 200: the same. An answer that is lost before it begins, or a 503: faultcode "HTTP".
# A server that refuses says `SOAP-ENV:Client`, which is also how a fault of the server's own arrives: with its prefix.
# Why it matters: banks, tax offices and carriers speak SOAP, and `Client` is what code looks for to tell "my mistake, correct and send
# again" from "unknown". The payment was made. The prefix is the one sign, and str_contains($code, 'Client') does not see it.
# Source: SOAP 1.1, 4.4.1 (Client: the message was wrong, and is not to be sent again without change).
set -eu
command -v php >/dev/null && php -m | grep -qi '^soap$' || {
  echo 'needs PHP with SOAP: apt-get install -y php-cli php-soap'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >pay.php <<'PROGRAM'
<?php
$client = new SoapClient(null, ['location' => $argv[1], 'uri' => 'urn:bank']);
try {
    echo 'told ' . $client->__soapCall('pay', [51]);
} catch (SoapFault $fault) {
    echo "fault {$fault->faultcode}: {$fault->getMessage()}";
}
PROGRAM
cat >run.mjs <<'PROGRAM'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'

const envelope = body => `<?xml version="1.0"?><E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body>${body}</E:Body></E:Envelope>`
const paid = envelope('<r><return>paid</return></r>')
const refused = envelope('<E:Fault><faultcode>E:Client</faultcode><faultstring>no such account</faultstring></E:Fault>')
const xml = { 'content-type': 'text/xml' }
const answers = {
  whole: (request, response) => response.writeHead(200, xml).end(paid),
  refusal: (request, response) => response.writeHead(500, xml).end(refused),
  cut: (request, response) => {
    response.writeHead(200, { ...xml, 'content-length': paid.length })
    response.write(paid.slice(0, 90), () => request.socket.destroy())
  },
  page: (request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>busy<br></p>'),
  lost: request => request.socket.destroy(),
  'page with 503': (request, response) => response.writeHead(503, { 'content-type': 'text/html' }).end('<p>busy<br></p>'),
}
const seen = {}
for (const [name, answer] of Object.entries(answers)) {
  let calls = 0
  const server = createServer((request, response) => request.resume().on('end', () => (calls++, answer(request, response))))
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${server.address().port}/`
  seen[name] = await new Promise(done => execFile('php', ['pay.php', url], (error, told) => done(`${told}, calls ${calls}`)))
  server.closeAllConnections()
  server.close()
  console.log(`${name}: ${seen[name]}`)
}
const same =
  Object.values(seen).join('; ') ===
  [
    'told paid, calls 1',
    'fault E:Client: no such account, calls 1',
    'fault Client: looks like we got no XML document, calls 1',
    'fault Client: looks like we got no XML document, calls 1',
    'fault HTTP: Error Fetching http headers, calls 1',
    'fault HTTP: Service Unavailable, calls 1',
  ].join('; ')
console.log(same ? 'as described: a lost answer is the client\'s mistake' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
