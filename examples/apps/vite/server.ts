import express from 'express'
import { createIdempotency } from 'stillonce/server'
import { idempotent, nodeListener } from 'stillonce/server/node'
import { sqliteStore } from 'stillonce/sqlite'
import { charge, charges, findOrder } from './shop.ts'

const once = createIdempotency({
  store: sqliteStore('keys.db'), // shared by all processes that serve these keys
  scope: () => 'customer-7', // in life: the user of the session, once it is verified
})

const app = express()
app.use(express.static('dist'), express.json())
app.get('/api/orders/:id', (request, response) => void response.json(findOrder(request.params.id)))
app.get('/api/charges', (_, response) => void response.json(charges()))

app.post(
  '/api/charges',
  idempotent(once, (request: express.Request, response: express.Response) => {
    const order = findOrder(request.body?.id)
    if (order === undefined) response.status(404).json({ message: 'There is no such order.' })
    else if (order.total > 100_000) response.status(402).json({ message: 'Your card was declined.' })
    else response.status(201).json(charge(order.id))
  }),
)
app.post(
  '/api/tips',
  idempotent(once, (request: express.Request, response: express.Response) => {
    response.status(201).json(charge(`tip for ${request.body?.id}`))
  }),
)
// The key's own URL: what became of it, and its seal, which the client's `cancel` asks for.
app.get(['/api/charges/by-key/:key', '/api/tips/by-key/:key'], nodeListener(once.status))
app.delete(['/api/charges/by-key/:key', '/api/tips/by-key/:key'], nodeListener(once.seal))

app.listen(Number(process.env['PORT'] ?? 3000))
