import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Message } from './world/messages.ts'

const running = new Set<ChildProcess>()

// Whatever ends the demo ends its processes too.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts one of the programs beside this file as a process of its own. */
export function launch(
  program: string,
  args: readonly string[],
  onMessage: (message: Message) => void,
): ChildProcess {
  const child = fork(fileURLToPath(new URL(program, import.meta.url)), args, { execArgv: [] })
  running.add(child)
  child.once('exit', () => running.delete(child))
  child.on('message', message => onMessage(message as Message))
  return child
}

/** Where a server listens, once it does. */
export async function listening(child: ChildProcess): Promise<string> {
  const [said] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [Message | number]
  if (typeof said === 'object' && said?.type === 'listening') return said.url
  throw new Error(`${child.spawnargs.at(-1)} did not start`)
}

/** Resolves when the process has ended, whether by itself or killed; rejects where it failed. */
export async function ended(child: ChildProcess): Promise<'by itself' | 'killed'> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  if (signal === 'SIGKILL') return 'killed'
  if (code === 0) return 'by itself'
  throw new Error(`${child.spawnargs.join(' ')} ended with ${code ?? signal}`)
}
