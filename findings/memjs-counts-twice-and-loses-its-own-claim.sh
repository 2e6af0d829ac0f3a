#!/usr/bin/env bash
# memjs, a client for Memcached, sends each operation again where its answer was lost or is half a second late: also those that count,
# append and claim. A sale is counted twice, and who has won `add` is told that somebody else has.
# Seen with memjs 1.3.2, its defaults, on Memcached 1.6.18 (Debian 12), Node 20 and 24: the connection is reset before the answer, or
# the answer comes after 700 ms: increment of 5 gives 7, append of "b" to "a" gives "abb", add of a claim gives false, and the claim
# is the caller's own. With `retries: 1`: each once, and an error.
# Why it matters: `add` is what locks and "seen before?" are made of in Memcached. The winner goes away, nobody does the work, and the
# claim stays until it expires; and a count of what is left is one too low for each slow moment.
# What reads otherwise: the README names no retries; the option is in the source, `retries`: 2 by default.
set -eu
command -v memcached >/dev/null || { echo 'needs memcached: apt-get install memcached'; exit 1; }
folder=$(mktemp -d)
memcached=''
trap '[ -z "$memcached" ] || kill "$memcached"; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent memjs@1.3.2
user=$(id -un)
memcached -u "$user" -s "$folder/memcached.sock" &
memcached=$!
until [ -S "$folder/memcached.sock" ]; do sleep 0.1; done
cat >run.cjs <<'PROGRAM'
const net = require('node:net')
const memjs = require('memjs')

let fault
const proxy = net.createServer(socket => {
  const upstream = net.connect(process.argv[2])
  socket.on('error', () => {})
  upstream.on('error', () => {})
  socket.pipe(upstream)
  socket.on('close', () => upstream.destroy())
  upstream.on('data', answer => {
    const now = fault
    fault = undefined
    if (now === 'reset') socket.resetAndDestroy()
    else setTimeout(() => socket.destroyed || socket.write(answer), now === 'late' ? 700 : 0)
  })
})
async function look(address, options) {
  const make = () => memjs.Client.create(address, { logger: { log() {} }, ...options })
  const get = async key => `${(await make().get(key)).value}`
  const seen = []
  for (const kind of ['reset', 'late']) {
    const tell = async (key, call) => {
      const client = make()
      await client.get('warm')
      fault = kind
      const answer = await call(client, key).catch(() => 'error')
      fault = undefined
      await new Promise(later => setTimeout(later, 1000))
      return `${answer} (${await get(key)})`
    }
    const key = what => `${kind}-${what}-${JSON.stringify(options)}`
    await make().set(key('count'), '5', {})
    await make().set(key('log'), 'a', {})
    const count = await tell(key('count'), async (client, name) => (await client.increment(name, 1, {})).value)
    const log = await tell(key('log'), (client, name) => client.append(name, 'b'))
    const claim = await tell(key('claim'), (client, name) => client.add(name, 'mine', { expires: 60 }))
    console.log(`memjs 1.3.2 ${JSON.stringify(options)}, ${kind}: increment of 5 ${count}, append of b to a ${log}, add of mine ${claim}`)
    seen.push(`${count} ${log} ${claim}`)
  }
  return seen.join('; ')
}
proxy.listen(0, '127.0.0.1', async () => {
  const address = `127.0.0.1:${proxy.address().port}`
  const byDefault = await look(address, {})
  const once = await look(address, { retries: 1 })
  const twice = '7 (7) true (abb) false (mine)'
  const failed = 'error (6) error (ab) error (mine)'
  const same = byDefault === `${twice}; ${twice}` && once === `${failed}; ${failed}`
  console.log(same ? 'as described: five and one is seven' : 'changed')
  process.exit(same ? 0 : 1)
})
PROGRAM
timeout 60 node run.cjs "$folder/memcached.sock"
