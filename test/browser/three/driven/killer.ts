import { setTimeout as sleep } from 'node:timers/promises'
import { killProcess, workingProcesses } from './processes.ts'

/** Kills the process of the next page that starts a worker: by the worker's thread the process is known. */
export function killerOfNext(group: number): () => Promise<void> {
  const before = new Set(workingProcesses(group))
  return async () => {
    for (;;) {
      const pid = workingProcesses(group).find(each => !before.has(each))
      if (pid !== undefined) return killProcess(pid)
      await sleep(5)
    }
  }
}
