#!/usr/bin/env bash
# The client of PostgREST, which is that of Supabase's tables, takes a 404 without a body for success: it tells an insert as
# `status: 204, error: null`, a status that the server did not say. A 404 whose body is a list is told as 200 with that list.
# Seen with @supabase/postgrest-js 2.109.0, and 2.119.1, on Node 20 and 24: an insert answered 404 with nothing, as a gateway or a wrong
# base URL does, with and without `.select()`: error null, data null, 204. 404 with []: 200, error null. 404 with HTML, and 503 with
# nothing: an error.
# Why it matters: nothing was inserted, and every check that the docs show (`if (error)`) says that it was; the order is lost
# without a sign, and the status, which would tell, is another one. Look at the number of rows that come back.
# What reads otherwise: RFC 9110 15.5.5, a 404 says that there is nothing of that name.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @supabase/postgrest-js@2.109.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { PostgrestClient } from '@supabase/postgrest-js'

async function insert(status, body, select) {
  const server = createServer((request, response) => request.resume().on('end', () => response.writeHead(status).end(body)))
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const call = new PostgrestClient(`http://127.0.0.1:${server.address().port}`).from('orders').insert({ order: 51 })
  const { status: told, error, data } = await (select ? call.select() : call)
  server.closeAllConnections()
  server.close()
  const seen = `${told}, error ${error === null ? 'null' : 'set'}, data ${JSON.stringify(data)}`
  console.log(`@supabase/postgrest-js 2.109.0, insert${select ? ' and select' : ''} answered ${status} with ${body === '' ? 'nothing' : body}: ${seen}`)
  return seen
}
const seen = [
  await insert(404, '', false),
  await insert(404, '', true),
  await insert(404, '[]', true),
  await insert(404, '<html>', false),
  await insert(503, '', false),
]
const same = seen.join('; ') === '204, error null, data null; 204, error null, data null; 200, error null, data []; 404, error set, data null; 503, error set, data null'
console.log(same ? 'as described: what was not found is told as done' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
