#!/usr/bin/env bash
# viem reads a node's "already known", by which the node has just this signed payment, as "nonce too low", and the error advises to
# increase the nonce: to sign a second payment. With two nodes, where the answer of the first is lost, viem comes to that error by itself.
# Seen with viem 2.57.20 on Node 20 and 24: `fallback([http(a), http(b)])`, sendTransaction with a local account and nonce 5. Node a takes
# the payment and closes the connection; b, which has it from a, says -32000 "already known". sendTransaction rejects with a
# TransactionExecutionError, cause NonceTooLowError: "Nonce provided for the transaction (5) is lower than the current nonce of the account.
# Try increasing the nonce". One payment is in the pool, and no hash is told. A true "nonce too low" is the same class.
# Why it matters: code that follows the advice, or that catches NonceTooLowError and sends with the next nonce, as it has to after a
# restart, pays twice. The hash can be known before: sign, keccak256 of the signed bytes, send, and ask the nodes for that hash.
# What reads otherwise: the error's text. "already known" is what Geth says of a transaction that is in its pool (ErrAlreadyKnown), beside
# "nonce too low" (ErrNonceTooLow), which is another error.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent viem@2.57.20
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createWalletClient, fallback, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { mainnet } from 'viem/chains'

const pool = new Set()
const answers = {
  known: raw => (pool.has(raw) ? { error: { code: -32000, message: 'already known' } } : pool.add(raw) && { result: `0x${'ab'.repeat(32)}` }),
  low: () => ({ error: { code: -32000, message: 'nonce too low: next nonce 6, tx nonce 5' } }),
}
async function node({ loses = false, send = answers.known } = {}) {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    const { id, method, params } = JSON.parse(body)
    const unknown = { error: { code: -32601, message: 'no such method' } }
    const answer = method === 'eth_sendRawTransaction' ? send(params[0]) : method === 'eth_chainId' ? { result: '0x1' } : unknown
    if (method === 'eth_sendRawTransaction' && loses) return request.socket.destroy()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  server.unref()
  return http(`http://127.0.0.1:${server.address().port}`)
}
async function pay(name, transport) {
  pool.clear()
  const client = createWalletClient({ account: privateKeyToAccount(`0x${'33'.repeat(32)}`), chain: mainnet, transport })
  const payment = { to: `0x${'11'.repeat(20)}`, value: 1n, nonce: 5, gas: 21000n, maxFeePerGas: 2n, maxPriorityFeePerGas: 1n }
  const told = await client.sendTransaction(payment).then(
    () => 'a hash',
    error => `${error.cause.name}, ${error.shortMessage.replaceAll('\n', ' ')}`,
  )
  console.log(`viem 2.57.20, ${name}: ${told}; payments in the pool: ${pool.size}`)
  return `${told}; ${pool.size}`
}
const seen = [
  await pay('one node', await node()),
  await pay('two nodes, the first answer lost', fallback([await node({ loses: true }), await node()])),
  await pay('a nonce that is too low', await node({ send: answers.low })),
]
const low =
  'NonceTooLowError, Nonce provided for the transaction (5) is lower than the current nonce of the account. ' +
  'Try increasing the nonce or find the latest nonce with `getTransactionCount`.'
const same = seen[0] === 'a hash; 1' && seen[1] === `${low}; 1` && seen[2] === `${low}; 0`
console.log(same ? 'as described: paid, and told to take another nonce' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
