import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** A process of its own that runs a file of `children/`; it ends with the test that started it. */
export type Child = {
  readonly process: ChildProcess
  readonly send: (message: string) => void
  /** What it sends next; rejects where it ends before. */
  readonly next: () => Promise<unknown>
  readonly ended: Promise<unknown>
}

export function startChild(name: keyof typeof FILES, ...args: readonly string[]): Child {
  return watch(fork(childFile(name), args, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }))
}

const FILES = {
  'full-disk': new URL('./children/full-disk.ts', import.meta.url),
  'log-writer': new URL('./children/log-writer.ts', import.meta.url),
  'lock-holder': new URL('./children/lock-holder.ts', import.meta.url),
  racer: new URL('./children/racer.ts', import.meta.url),
  unprivileged: new URL('./children/unprivileged.ts', import.meta.url),
  writer: new URL('./children/writer.ts', import.meta.url),
}

export function childFile(name: keyof typeof FILES): string {
  return fileURLToPath(FILES[name])
}

function watch(child: ChildProcess): Child {
  const messages: unknown[] = []
  const waiting: ((message: unknown) => void)[] = []
  child.on('message', message => {
    const first = waiting.shift()
    if (first) first(message)
    else messages.push(message)
  })
  const ended = once(child, 'exit')
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return {
    process: child,
    send: message => child.send(message),
    next: () => {
      if (messages.length > 0) return Promise.resolve(messages.shift())
      const received = new Promise(resolve => {
        waiting.push(resolve)
      })
      const tooLate = ended.then(() => {
        throw new Error('The child process ended.')
      })
      return Promise.race([received, tooLate])
    },
    ended,
  }
}
