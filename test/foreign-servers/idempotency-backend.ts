import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express from 'express'
import { defineProfile, noKeys } from '../../src/entries/index.ts'
import type { ForeignServer } from './foreign-server.ts'
import type { IdempotencyBackend } from './shapes.ts'

const require = createRequire(import.meta.url)

type Session = { readonly SaveResponse: (data: unknown) => Promise<void> }

/**
 * idempotency-backend: it looks for an answer before, and saves one after, into one file of the folder that the
 * process was started in. What comes meanwhile is performed, too.
 */
export const idempotencyBackend: ForeignServer = {
  open: work => {
    const { default: middleware } = loadedElsewhere()
    const app = express()
    app.use(express.json(), middleware)
    app.post('/orders', async (request, response) => {
      const { idempotencySession } = request as unknown as { readonly idempotencySession: Session }
      const { status, body } = await work(request.body as { item: string })
      await idempotencySession.SaveResponse(body)
      response.status(status).json(body)
    })
    return app
  },
  // Without the header all requests have one key here, which is none.
  profile: defineProfile({ ...noKeys, name: 'idempotency-backend', header: 'Idempotency-Key' }),
}

/** It takes its folder when it is loaded. */
function loadedElsewhere(): IdempotencyBackend {
  const here = process.cwd()
  const folder = mkdtempSync(join(tmpdir(), 'stillonce-foreign-'))
  process.once('exit', () => rmSync(folder, { recursive: true }))
  process.chdir(folder)
  try {
    return require('idempotency-backend/express') as IdempotencyBackend
  } finally {
    process.chdir(here)
  }
}
