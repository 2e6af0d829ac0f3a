#!/usr/bin/env bash
# HTTP has three forms of a date, and the oldest, that of asctime(), names no zone, since all are GMT. undici's retries read it as
# local time: east of Greenwich "in three seconds" is over and the request goes out at once, west of it the wait is hours.
# Seen with undici 7.30.2 and 8.13.1 (`RetryAgent`, defaults) beside got 16.1.0 and ky 2.1.0 on Node 24: a PUT is answered 503,
# Retry-After three seconds ahead. In the form of today all wait. As "Mon Nov 30 03:00:00 2026" undici sends again after half a
# second in Tokyo and waits for longer than ten seconds in New York (its own bound is 30); got and ky wait three seconds in both,
# and undici in London in winter.
# Why it matters: a host in UTC never shows it; the same code on a laptop, or set to the shop's zone, is back before the server
# is.
# What reads otherwise: RFC 9110 5.6.7, a recipient must accept all three forms, and asctime's is to be read as if it said UTC.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent undici@7.30.2 eight@npm:undici@8.13.1 got@16.1.0 ky@2.1.0 node@24.21.0 2>/dev/null
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { Agent, request, RetryAgent } from 'undici'
import * as eight from 'eight'
import got from 'got'
import ky from 'ky'

const two = number => String(number).padStart(2, '0')
const forms = {
  today: date => date.toUTCString(),
  // as C's asctime() writes it: "Mon Nov 30 03:00:00 2026"
  asctime(date) {
    const [day, number, month, year, time] = date.toUTCString().replace(',', '').split(' ')
    return `${day} ${month} ${two(number).replace(/^0/, ' ')} ${time} ${year}`
  },
}
async function put(send, form) {
  const at = []
  const server = createServer((incoming, response) => {
    incoming.resume().on('end', () => {
      if (at.push(Date.now()) > 1) return response.end('{}')
      const inThreeSeconds = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 3_000)
      response.writeHead(503, { 'retry-after': forms[form](inThreeSeconds) }).end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${server.address().port}/orders/51`
  await send(url, AbortSignal.timeout(10_000)).catch(() => {})
  server.closeAllConnections()
  server.close()
  if (at.length === 1) return 'later than 10 s'
  return at[1] - at[0] < 2_000 ? 'early' : 'in time'
}
const clients = {
  'undici 7.30.2': (url, signal) => request(url, { method: 'PUT', body: '{}', signal, dispatcher: new RetryAgent(new Agent()) }),
  'undici 8.13.1': (url, signal) => eight.request(url, { method: 'PUT', body: '{}', signal, dispatcher: new eight.RetryAgent(new eight.Agent()) }),
  'got 16.1.0': (url, signal) => got.put(url, { json: {}, signal }),
  'ky 2.1.0': (url, signal) => ky.put(url, { json: {}, signal }),
}
const told = await Promise.all(Object.entries(clients).map(async ([name, send]) => `${name}: ${await put(send, 'today')}, asctime ${await put(send, 'asctime')}`))
console.log(told.join('; '))
process.exit()
PROGRAM
look() {
  told=$(TZ=$1 timeout 60 ./node_modules/.bin/node run.mjs)
  echo "$1: $told"
  expected="undici 7.30.2: in time, asctime $2; undici 8.13.1: in time, asctime $2; got 16.1.0: in time, asctime in time; ky 2.1.0: in time, asctime in time"
  [ "$told" = "$expected" ] || {
    echo 'changed'
    exit 1
  }
}
look Asia/Tokyo early
look America/New_York 'later than 10 s'
look UTC 'in time'
echo 'as described: three seconds, by the zone of the host'
