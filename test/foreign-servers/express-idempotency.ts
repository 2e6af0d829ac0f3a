import express from 'express'
import { getSharedIdempotencyService, idempotency } from 'express-idempotency'
import { defineProfile } from '../../src/entries/index.ts'
import type { ForeignServer } from './foreign-server.ts'

const SOURCE = 'https://github.com/VilledeMontreal/express-idempotency'

/** express-idempotency with its memory. Its errors are pages of Express: only their statuses tell. */
export const expressIdempotency: ForeignServer = {
  open: work => {
    const app = express()
    app.use(express.json(), idempotency())
    app.post('/orders', async (request, response) => {
      if (getSharedIdempotencyService().isHit(request)) return
      const { status, body } = await work(request.body as { item: string })
      response.status(status).json(body)
    })
    return app
  },
  profile: defineProfile({
    name: 'express-idempotency',
    honoursKeys: true,
    rules: [
      { status: 409, means: 'processing', source: SOURCE },
      { status: 417, means: 'mismatch', source: SOURCE },
      // A 500 of the handler frees the key: the next would be another execution.
      { status: 500, means: 'unknown', conclusive: true, source: SOURCE },
    ],
  }),
}
