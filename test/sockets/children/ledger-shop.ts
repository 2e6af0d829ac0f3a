import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'

/*
 * A shop that honours keys, as a process of its own: what it executed stands in a file, a line for each execution, so that
 * it may be killed at any moment and started again. Arguments: the port, the file.
 */
const [port, ledger] = [Number(process.argv[2]), process.argv[3] ?? '']

const CORS = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' }

const executed = new Set(existsSync(ledger) ? readFileSync(ledger, 'utf8').split('\n') : [])

createServer((request, response) => {
  if (request.method === 'OPTIONS') {
    response.writeHead(204, CORS).end()
    return
  }
  const key = String(request.headers['idempotency-key'])
  request.resume().on('end', () => {
    if (!executed.has(key)) appendFileSync(ledger, `${key}\n`)
    executed.add(key)
    response.writeHead(201, { ...CORS, 'content-type': 'application/json' }).end('{"order":9}')
  })
}).listen(port, '127.0.0.1', () => process.send?.('listening'))
