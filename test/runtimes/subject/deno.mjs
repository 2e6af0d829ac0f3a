import { makeSubject } from './subject.mjs'
import { diskStores } from './disk-stores.mjs'

const { serve } = makeSubject({
  origin: Deno.env.get('ORIGIN'),
  ...(await diskStores(Deno.env.get('FOLDER'))),
})
Deno.serve(
  { port: 0, hostname: '127.0.0.1', onListen: ({ port }) => console.log(JSON.stringify({ port })) },
  serve,
)
