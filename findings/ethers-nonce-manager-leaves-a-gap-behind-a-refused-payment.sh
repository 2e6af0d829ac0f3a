#!/usr/bin/env bash
# The NonceManager of ethers counts a number as used when a payment is begun. A payment that was refused before anything was sent leaves a
# hole in the numbers: all later ones are sent, are given a hash, and wait for ever behind it.
# Seen with ethers 6.17.0 on Node 20 and 24, a node that answers as one does: eth_estimateGas says "insufficient funds" for the first
# payment, the account is filled up, the second and the third resolve with their hashes: they carry the numbers 1 and 2, and the chain's
# next is 0. A Wallet without the manager: 0.
# Why it matters: "sent, with a hash" is what a shop shows as paid. When somebody fills the hole later, with a payment of its own, what
# had waited and was perhaps made again by another way is executed, too. `reset()` is needed after each failure.
# What reads otherwise: its page, by which the numbers are managed so that they are in a row.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent ethers@6.17.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { JsonRpcProvider, NonceManager, Transaction, Wallet } from 'ethers'

const block = {
  number: '0x1', hash: `0x${'1'.repeat(64)}`, parentHash: `0x${'2'.repeat(64)}`, timestamp: '0x1', nonce: '0x0000000000000000', difficulty: '0x0',
  gasLimit: '0x1', gasUsed: '0x0', miner: `0x${'0'.repeat(40)}`, extraData: '0x', baseFeePerGas: '0x1', transactions: [],
}
async function pay(managed) {
  let filled = false
  const numbers = []
  const answers = {
    eth_chainId: () => ({ result: '0x1' }),
    eth_blockNumber: () => ({ result: '0x1' }),
    eth_getTransactionCount: () => ({ result: '0x0' }), // nothing of the account is in a block yet, nor in the pool
    eth_estimateGas: () => (filled ? { result: '0x5208' } : { error: { code: -32000, message: 'insufficient funds' } }),
    eth_gasPrice: () => ({ result: '0x1' }),
    eth_maxPriorityFeePerGas: () => ({ result: '0x1' }),
    eth_getBlockByNumber: () => ({ result: block }),
    eth_sendRawTransaction: raw => {
      const { nonce, hash } = Transaction.from(raw)
      numbers.push(nonce)
      return { result: hash }
    },
  }
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const piece of request) text += piece
    const answer = ({ id, method, params }) => ({ jsonrpc: '2.0', id, ...answers[method](params[0]) })
    const asked = JSON.parse(text)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(Array.isArray(asked) ? asked.map(answer) : answer(asked)))
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const provider = new JsonRpcProvider(`http://127.0.0.1:${server.address().port}`, 1, { staticNetwork: true, cacheTimeout: -1 })
  const wallet = new Wallet(`0x${'1'.repeat(64)}`, provider)
  const signer = managed ? new NonceManager(wallet) : wallet
  const send = value => signer.sendTransaction({ to: `0x${'4'.repeat(40)}`, value }).then(({ hash }) => `hash of ${hash.length}`, error => error.shortMessage)
  const told = [await send(20n)]
  filled = true
  told.push(await send(20n))
  if (managed) told.push(await send(30n))
  provider.destroy()
  server.closeAllConnections()
  server.close()
  console.log(`ethers 6.17.0, ${managed ? 'NonceManager' : 'Wallet'}: told ${told.join(', ')}; numbers sent ${numbers.join()}, the chain waits for 0`)
  return `${told.join()} ${numbers.join()}`
}
const seen = [await pay(true), await pay(false)]
const same = seen[0] === 'insufficient funds,hash of 66,hash of 66 1,2' && seen[1] === 'insufficient funds,hash of 66 0'
console.log(same ? 'as described: what was refused holds up all that follows' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
