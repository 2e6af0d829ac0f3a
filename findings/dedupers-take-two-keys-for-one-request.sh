#!/usr/bin/env bash
# Two packages that spare the network equal requests do so for POSTs and mutations too, and do not look at the headers: two orders at
# once, each under its own idempotency key, are one request, and both callers are told that order's answer. fetch-dedupe does not look
# into a FormData either: two forms with different amounts are one.
# Seen with fetch-dedupe 3.0.0, apollo-link-dedup 1.0.21 and apollo-link 1.2.14 on Node 20 and 24: POST { amount: 20 } with the keys
# order-51 and order-52: one request, of order-51, both told charge 1; forms with amount 20 and 99 likewise, of 20. The mutation
# pay(amount: 20) in two contexts with the two keys: one, both told charge 1. One after the other: two each.
# Why it matters: two people at one counter, or two parts of a program, buy the same at the same moment, and one of the two is told
# "paid" for nothing. The keys, made to tell them apart, are sent in the one place that is not looked at.
# What reads otherwise: the description of fetch-dedupe, it "prevents duplicate requests", which are "exactly the same"; that of
# apollo-link-dedup, that queries are deduplicated.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent fetch-dedupe@3.0.0 apollo-link-dedup@1.0.21 apollo-link@1.2.14 graphql@15.10.1
cat >run.cjs <<'PROGRAM'
const { createServer } = require('node:http')
const { fetchDedupe } = require('fetch-dedupe')
const { ApolloLink, execute, Observable } = require('apollo-link')
const { DedupLink } = require('apollo-link-dedup')
const { parse } = require('graphql')

const executed = []
const server = createServer((request, response) => {
  let body = ''
  request.on('data', piece => {
    body += piece
  })
  request.on('end', () => {
    executed.push(`${request.headers['idempotency-key'] ?? 'no key'} ${body.match(/amount"?:?\s*"?(\d+)/)[1]}`)
    const charge = executed.length
    setTimeout(() => response.end(JSON.stringify({ charge })), 50)
  })
})
async function main() {
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${server.address().port}/charges`
  const post = async (body, headers = {}) => {
    const { data } = await fetchDedupe(url, { method: 'POST', body, headers }, { responseType: 'json' })
    return data.charge
  }
  const form = amount => {
    const body = new FormData()
    body.set('amount', amount)
    return body
  }
  const order = '{"amount":20}'
  const link = ApolloLink.from([new DedupLink(), new ApolloLink(operation => new Observable(observer => {
    executed.push(`${operation.getContext().headers['idempotency-key']} ${operation.variables.amount}`)
    const charge = executed.length
    setTimeout(() => {
      observer.next({ data: { charge } })
      observer.complete()
    }, 50)
  }))])
  const mutation = parse('mutation pay($amount: Int) { charge: pay(amount: $amount) }')
  const pay = key => new Promise((done, failed) => {
    execute(link, { query: mutation, operationName: 'pay', variables: { amount: 20 }, context: { headers: { 'idempotency-key': key } } })
      .subscribe({ next: ({ data }) => done(data.charge), error: failed })
  })
  const results = {}
  async function look(name, calls) {
    executed.length = 0
    const told = await calls()
    results[name] = `${executed.join(' and ')}; told ${told.join()}`
    console.log(`${name}: ${results[name]}`)
  }
  const key = name => ({ 'idempotency-key': name })
  await look('fetch-dedupe 3.0.0, two keys at once', () => Promise.all([post(order, key('order-51')), post(order, key('order-52'))]))
  await look('fetch-dedupe 3.0.0, one after the other', async () => [await post(order, key('order-51')), await post(order, key('order-52'))])
  await look('fetch-dedupe 3.0.0, two forms at once', () => Promise.all([post(form('20')), post(form('99'))]))
  await look('apollo-link-dedup 1.0.21, two keys at once', () => Promise.all([pay('order-51'), pay('order-52')]))
  await look('apollo-link-dedup 1.0.21, one after the other', async () => [await pay('order-51'), await pay('order-52')])
  server.closeAllConnections()
  server.close()
  const expected = [
    'order-51 20; told 1,1',
    'order-51 20 and order-52 20; told 1,2',
    'no key 20; told 1,1',
    'order-51 20; told 1,1',
    'order-51 20 and order-52 20; told 1,2',
  ]
  const same = Object.values(results).join('|') === expected.join('|')
  console.log(same ? 'as described: two keys, one order' : 'changed')
  process.exit(same ? 0 : 1)
}
main()
PROGRAM
timeout 60 node run.cjs
