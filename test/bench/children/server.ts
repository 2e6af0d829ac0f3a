import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ANSWER, ANSWER_INIT } from '../contestants/contestant.ts'

/* A server on loopback that reads each request to its end and accepts it; ends with the process that started it. */
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(ANSWER_INIT.status, ANSWER_INIT.headers).end(ANSWER)
  })
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => {
  server.close()
  server.closeAllConnections()
})
