import { fork } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Doing, Probe } from './steps.ts'

export type WorkerOptions = {
  readonly path: string
  readonly origin: string
  /** A bug in the source that this process runs. */
  readonly planted?: string | undefined
  /** Where it is told to stand still it stops, by SIGSTOP, and can be continued. Default: it stays there. */
  readonly stops?: true
  /** What its disk refuses: every sync from the nth on, or files of more than so many blocks of 512 bytes. */
  readonly disk?: { readonly syncsBefore: number } | { readonly blocks: number }
  /** Of one attempt; a lease is twice as long. Default 10,000. */
  readonly timeout?: number
  /** Of a run. Default 20,000. */
  readonly deadline?: number
}

/** What a worker is told to do. */
export type WorkerOrder = {
  readonly doing: Doing | 'pending'
  readonly id: string
  /** Other operations that are under way beside it. */
  readonly asides: readonly string[]
  readonly conclusion?: unknown
  /** Where it stands still. */
  readonly arm?: { readonly probe: Probe; readonly nth: number }
}

/** What a caller was told. */
export type Word = {
  readonly call: 'run' | 'resume' | 'settle' | 'cancel'
  readonly id: string
  readonly outcome: string
  readonly code?: string
  readonly key?: string | undefined
  readonly order?: unknown
  readonly replayed?: boolean
}

export type Told = { readonly words: readonly Word[] } | { readonly failed: string }

/** A process with a client in it. */
export type Worker = {
  /** What it told at the end, or `reached` where it stands still now, or `gone` where it ended. */
  readonly perform: (order: WorkerOrder) => Promise<Told | 'reached' | 'gone'>
  /** By SIGCONT, where it has stopped: what it tells in the end. */
  readonly goOn: () => Promise<Told | 'gone'>
  /** By SIGKILL; resolves when it has ended. */
  readonly kill: () => Promise<void>
}

export function startWorker(options: WorkerOptions): Worker {
  const child = fork(
    fileURLToPath(new URL('children/worker.ts', import.meta.url)),
    [JSON.stringify(options)],
    {
      execArgv: [],
      ...(options.disk !== undefined &&
        'blocks' in options.disk && {
          execPath: '/bin/sh',
          // The path of the program comes as the name of the script.
          execArgv: ['-c', `ulimit -f ${options.disk.blocks}; exec "$0" "$@"`, process.execPath],
        }),
      // What is compiled once starts in a third of the time.
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'stillonce-compile-cache') },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  )
  const exited = once(child, 'exit')
  const ready = once(child, 'message')
  const gone = exited.then(() => 'gone' as const)
  let told: Promise<Told> | undefined
  return {
    perform: async order => {
      if ((await Promise.race([ready, gone])) === 'gone') return 'gone'
      told = once(child, 'message').then(([message]) => message as Told)
      const reached = child.stdout === null ? told : once(child.stdout, 'data').then(() => 'reached' as const)
      child.send(order)
      return Promise.race([told, reached, gone])
    },
    goOn: async () => {
      child.kill('SIGCONT')
      return Promise.race([told ?? gone, gone])
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}
