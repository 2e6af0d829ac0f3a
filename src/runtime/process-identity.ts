import type { Holder } from '../core/record/lease.ts'

/*
 * On one host a dead holder is recognised at once, not only when its lease runs out: by its process id, and by that
 * process's start time, because ids are reused. If something cannot be read, nothing is claimed and the lease decides.
 * A wrong "dead" only leads to an early takeover: the compare-and-set at the gate still fences.
 */

/** Identifies this process; undefined on platforms without processes. */
export function currentHolder(): Holder | undefined {
  const host = hostIdentity()
  return host === undefined ? undefined : { host, pid: process.pid, startedAt: startTime(process.pid) }
}

/** Whether a holder on this host is dead; false if nothing is known. */
export function isDeadHere(holder: Holder): boolean {
  if (holder.host !== hostIdentity()) return false
  if (!isRunning(holder.pid) || isZombie(holder.pid)) return true
  const started = startTime(holder.pid)
  return started !== undefined && holder.startedAt !== undefined && started !== holder.startedAt
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as { code?: unknown }).code !== 'ESRCH'
  }
}

let host: string | undefined

/** The boot of the kernel and, on Linux, this process-id namespace: containers count their ids separately. */
function hostIdentity(): string | undefined {
  if (typeof process !== 'object' || typeof process.getBuiltinModule !== 'function') return undefined
  host ??= `${process.getBuiltinModule('node:os').hostname()} ${read('/proc/sys/kernel/random/boot_id') ?? ''} ${namespace()}`
  return host
}

function namespace(): string {
  try {
    return process.getBuiltinModule('node:fs').readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

/**
 * Whether a process has ended but its parent has not collected its exit code: in a container, that may never happen.
 */
function isZombie(pid: number): boolean {
  return statOf(pid)?.[0] === 'Z'
}

function startTime(pid: number): string | undefined {
  return statOf(pid)?.[19]
}

/**
 * The fields of /proc/PID/stat from field 3, the state, on (proc(5)). Before that is the command's name, which may
 * contain spaces.
 */
function statOf(pid: number): string[] | undefined {
  const stat = read(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function read(path: string): string | undefined {
  try {
    return process.getBuiltinModule('node:fs').readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}
