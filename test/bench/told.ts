import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { MISSING } from './figure.ts'

/** What a process of `children` tells, once it has ended. */
export async function toldBy<Told>(
  child: URL,
  parameters: readonly string[],
  execArgv: readonly string[] = [],
): Promise<Told | typeof MISSING> {
  const process = fork(child, parameters, {
    execArgv: [...execArgv],
  })
  const told: unknown[] = []
  process.on('message', message => told.push(message))
  await once(process, 'close')
  if (told.length !== 1)
    throw new Error(`${child.pathname} ${parameters.join(' ')}: its process told nothing.`)
  return told[0] as Told
}
