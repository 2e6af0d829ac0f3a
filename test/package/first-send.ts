import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Chunk, PageBundle } from './page-bundle.ts'

/** What the child saw: both happen in a page that can load all of its chunks. */
export type Reached = { readonly sent: boolean; readonly databaseOpened: boolean }

/**
 * The later chunks of a page that are needed before the first byte is sent: those without which nothing is sent, or
 * the database that the record goes to is not opened. Each is kept from the page in turn.
 * The page exports `createClient`, `ietf`, `indexedDBStore`, and `fetchTransport` where it has no ky.
 */
export async function neededBeforeFirstSend({ first, later, asked }: PageBundle): Promise<readonly Chunk[]> {
  const folder = mkdtempSync(join(tmpdir(), 'stillonce-page-'))
  try {
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    for (const { name, code } of [...first, ...later]) writeFileSync(join(folder, name), code)
    const page = pathToFileURL(join(folder, 'page.js')).href
    if (!isReached(await reachedWithout('', page)))
      throw new Error('The page sends nothing, or opens no database, though all of its chunks are there.')

    const needed = new Set<Chunk>()
    for (const [name, brought] of asked)
      if (!isReached(await reachedWithout(name, page))) for (const chunk of brought) needed.add(chunk)
    return later.filter(chunk => needed.has(chunk))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function isReached({ sent, databaseOpened }: Reached): boolean {
  return sent && databaseOpened
}

async function reachedWithout(chunk: string, page: string): Promise<Reached> {
  const child = fork(new URL('first-send-child.ts', import.meta.url), [page, chunk], { execArgv: [] })
  const ended = once(child, 'close')
  const told = once(child, 'message')
  const [reached] = (await Promise.race([told, ended])) as [Reached | number | null]
  await ended
  if (typeof reached !== 'object' || reached === null)
    throw new Error('The page ended before it told anything.')
  return reached
}
