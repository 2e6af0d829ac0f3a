import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export type Step =
  | 'before the claim'
  | 'after the claim'
  | 'before the effect'
  | 'after the effect'
  | 'before the completion'
  | 'after the completion'

export type Process = {
  readonly child: ChildProcess
  /** What it sends next; rejects where it ends before. */
  readonly next: () => Promise<unknown>
  readonly ended: Promise<unknown>
}

const FILES = {
  holder: new URL('./children/holder.ts', import.meta.url),
  'server-racer': new URL('./children/server-racer.ts', import.meta.url),
}

/** A process of its own that runs a file of `children/`; it ends with the test that started it. */
export function startProcess(name: keyof typeof FILES, ...args: readonly string[]): Process {
  const child = fork(fileURLToPath(FILES[name]), args, {
    execArgv: [],
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'stillonce-compile-cache') },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit')
  const messages: unknown[] = []
  child.on('message', message => messages.push(message))
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return {
    child,
    ended,
    async next() {
      while (messages.length === 0) {
        const over = await Promise.race([once(child, 'message').then(() => false), ended.then(() => true)])
        if (over && messages.length === 0) throw new Error('The process ended.')
      }
      return messages.shift()
    },
  }
}
