import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/* The processes of a browser, as /proc shows them: all are of the group that its first one was started in. */

/** SIGKILL to all of the group; resolves when none of them is there. */
export async function killGroup(group: number): Promise<void> {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
  await gone(() => members(group).length === 0)
}

export async function killProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL')
  await gone(() => !isAlive(pid))
}

/** The processes of the group, but for its first, in which a worker of a page runs: its thread has that name. */
export function workingProcesses(group: number): readonly number[] {
  return members(group).filter(pid => pid !== group && threads(pid).some(name => WORKER_THREADS.has(name)))
}

/** Firefox, WebKit, Chromium. */
const WORKER_THREADS = new Set(['DOM Worker', 'WebCore: Worker', 'DedicatedWorker'])

async function gone(isGone: () => boolean): Promise<void> {
  while (!isGone()) await sleep(5)
}

function members(group: number): readonly number[] {
  const all = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return all.map(Number).filter(pid => statusOf(pid)?.group === group && isAlive(pid))
}

function isAlive(pid: number): boolean {
  const state = statusOf(pid)?.state
  // A zombie is dead; nobody has asked how it ended.
  return state !== undefined && state !== 'Z' && state !== 'X'
}

function statusOf(pid: number): { readonly state: string; readonly group: number } | undefined {
  const text = read(`/proc/${pid}/stat`)
  // The name before it may have spaces and brackets.
  const [state = '', , group] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return text === '' ? undefined : { state, group: Number(group) }
}

function threads(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(thread => read(`/proc/${pid}/task/${thread}/comm`).trim())
  } catch {
    return []
  }
}

/** Empty where the process has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
