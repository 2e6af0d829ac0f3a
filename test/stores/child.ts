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

export function startChild(name: string, ...args: readonly string[]): Child {
  return watch(fork(childFile(name), args, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }))
}

export function childFile(name: string): string {
  return fileURLToPath(new URL(`children/${name}.ts`, import.meta.url))
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
