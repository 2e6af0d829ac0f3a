import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { freePort, startServer } from './child-server.ts'
import { findOrInstallFile } from './find-or-install-file.ts'
import type { PostgresServer } from './postgres-server.ts'
import { unprivileged } from './unprivileged.ts'

const PROGRAM = '/usr/sbin/pgbouncer'

export type Pgbouncer = { readonly url: string; readonly stop: () => Promise<void> }

/** pgbouncer in transaction mode, with so many connections to the server. */
export async function startPgbouncer(
  { port: serverPort }: PostgresServer,
  connections: number,
  settings: readonly string[] = [],
): Promise<Pgbouncer> {
  findOrInstallFile(() => existsSync(PROGRAM), 'pgbouncer', 'pgbouncer')
  const folder = mkdtempSync('/tmp/stillonce-pgbouncer-')
  const port = await freePort()
  const file = join(folder, 'pgbouncer.ini')
  const lines = [
    '[databases]',
    `* = host=127.0.0.1 port=${serverPort} user=fleet`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    'max_client_conn = 200',
    `default_pool_size = ${connections}`,
    ...settings,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o644 })
  const url = `postgres://fleet@127.0.0.1:${port}/postgres`
  // It refuses root, and the folder of root is nobody else's.
  const owner = unprivileged()
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(folder, owner.uid, owner.gid)
  const server = await startServer({ program: PROGRAM, args: [file], ...owner }, () => answers(url))
  return {
    url,
    stop: async () => {
      await server.stop('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function answers(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.end()
}
