import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { freePort, startServer, type ChildServer } from './child-server.ts'
import { findOrInstallFile } from './find-or-install-file.ts'
import { unprivileged } from './unprivileged.ts'

const VERSIONS = '/usr/lib/postgresql'

export type PostgresServer = {
  readonly url: string
  readonly port: number
  /** As after a crash of the host but for what the system still writes: SIGKILL, then a start with recovery. */
  readonly restart: (signal?: NodeJS.Signals) => Promise<void>
  readonly stop: () => Promise<void>
}

/** A PostgreSQL of its own, from what is installed, on a free port, with its files in a folder that goes with it. */
export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const { owner, folder, bin } = prepare()
  const data = join(folder, 'data')
  execFileSync(
    join(bin, 'initdb'),
    [
      '--pgdata',
      data,
      '--username',
      'fleet',
      '--auth',
      'trust',
      '--encoding',
      'UTF8',
      '--no-locale',
      '--no-sync',
    ],
    { ...owner, stdio: 'ignore', cwd: '/' },
  )
  const port = await freePort()
  return serve({ owner, folder, bin, data, port, settings })
}

/** A standby of a server, which hears of its writes on `port`. Its first files come from the server itself. */
export async function startStandby(primary: PostgresServer, port: number): Promise<PostgresServer> {
  const { owner, folder, bin } = prepare()
  const data = join(folder, 'data')
  execFileSync(
    join(bin, 'pg_basebackup'),
    ['--pgdata', data, '--dbname', primary.url, '--write-recovery-conf', '--checkpoint', 'fast', '--no-sync'],
    { ...owner, stdio: 'ignore', cwd: '/' },
  )
  const source = `primary_conninfo=host=127.0.0.1 port=${port} user=fleet`
  return serve({ owner, folder, bin, data, port: await freePort(), settings: [source] })
}

type Place = {
  readonly owner: { readonly uid?: number; readonly gid?: number }
  readonly folder: string
  readonly bin: string
  readonly data: string
  readonly port: number
  readonly settings: readonly string[]
}

function prepare(): Pick<Place, 'owner' | 'folder' | 'bin'> {
  const owner = unprivileged()
  const bin = binaries()
  const folder = mkdtempSync('/tmp/stillonce-postgres-')
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(folder, owner.uid, owner.gid)
  return { owner, folder, bin }
}

async function serve(place: Place): Promise<PostgresServer> {
  const { owner, folder, bin, data, port, settings } = place
  const url = `postgres://fleet@127.0.0.1:${port}/postgres`
  const given = [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    'max_connections=200',
    ...settings,
  ]
  const start = (): Promise<ChildServer> =>
    startServer(
      {
        program: join(bin, 'postgres'),
        args: ['-D', data, '-p', String(port), ...given.flatMap(setting => ['-c', setting])],
        ...owner,
      },
      () => answers(url, data),
    )
  let server = await start()
  return {
    url,
    port,
    restart: async (signal = 'SIGQUIT') => {
      await server.stop(signal)
      server = await startAgain(start)
    },
    stop: async () => {
      await server.stop('SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Processes of a server that was killed outlive it by a moment, longer on a busy machine, and keep a new one from starting. */
async function startAgain(start: () => Promise<ChildServer>): Promise<ChildServer> {
  const until = performance.now() + 60_000
  for (;;) {
    try {
      return await start()
    } catch (error) {
      const isInUse = error instanceof Error && /still in use|already in use/.test(error.message)
      if (!isInUse || performance.now() > until) throw error
      await new Promise(resolve => {
        setTimeout(resolve, 100)
      })
    }
  }
}

/** It is this one, and not another that came to its port first. */
async function answers(url: string, data: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ readonly data_directory: string }>('SHOW data_directory')
    if (rows[0]?.data_directory !== data) throw new Error('Another server has the port.')
  } finally {
    await client.end()
  }
}

/** The newest that is installed. */
function binaries(): string {
  findOrInstallFile(() => newest() !== undefined, 'postgresql', 'PostgreSQL')
  return newest() ?? ''
}

function newest(): string | undefined {
  if (!existsSync(VERSIONS)) return undefined
  return readdirSync(VERSIONS)
    .toSorted((a, b) => Number(b) - Number(a))
    .map(version => join(VERSIONS, version, 'bin'))
    .find(bin => existsSync(join(bin, 'initdb')) && existsSync(join(bin, 'postgres')))
}
