import { makeSubject } from './subject.mjs'
import { diskStores } from './disk-stores.mjs'

const { serve } = makeSubject({ origin: process.env.ORIGIN, ...(await diskStores(process.env.FOLDER)) })
const server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch: serve })
console.log(JSON.stringify({ port: server.port }))
