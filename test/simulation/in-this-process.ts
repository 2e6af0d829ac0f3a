import { asInBrowsers } from './as-in-browsers.ts'
import type { Batch } from './batch.ts'
import { ANY_RULE, runBatch } from './batch.ts'
import type { Worlds } from './edges.ts'
import { runHistory } from './history.ts'
import type { ServerKind } from './plan.ts'
import { planOf } from './plan.ts'
import { plant } from './plant.ts'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { PLANTED_EDGE_BUGS } from './planted-edge-bugs.ts'
import { PLANTED_OUTBOX_BUGS, PLANTED_SERVER_OUTBOX_BUGS } from './planted-outbox-bugs.ts'
import { PLANTED_SERVER_BUGS } from './planted-server-bugs.ts'
import type { Report } from './report.ts'
import { shrunk } from './shrink.ts'
import { loadSubject } from './subject.ts'
import { SUBTLE_FAULTS } from './subtle-faults.ts'
import { tableOf } from './table.ts'

type Shown = {
  readonly server: ServerKind
  readonly worlds: Worlds
  /** The rules that a history that is cut down must break still. */
  readonly shrinks: readonly string[] | undefined
}

/** Runs histories in this process, with a bug in the source or without, and prints them. */
export async function inThisProcess(via: 'direct' | 'ky', planted: string | undefined) {
  asInBrowsers()
  const bug = [
    ...PLANTED_BUGS,
    ...PLANTED_EDGE_BUGS,
    ...PLANTED_OUTBOX_BUGS,
    ...PLANTED_SERVER_BUGS,
    ...PLANTED_SERVER_OUTBOX_BUGS,
    ...SUBTLE_FAULTS,
  ].find(({ name }) => name === planted)
  if (planted !== undefined && bug === undefined) throw new Error(`there is no bug '${planted}'`)
  const subject = await loadSubject(via, bug === undefined ? '' : plant(bug))
  const options = { subject, recorded: true }
  return {
    bug,
    async run(
      batch: Omit<Batch, 'stopsAt'>,
      { show, shrink }: { readonly show: boolean; readonly shrink: boolean },
    ): Promise<Report> {
      const { first, histories, server, worlds } = batch
      const end = show && !shrink ? first + histories : first
      for (let seed = first; seed < end; seed++) {
        const plan = planOf(seed, server, worlds)
        console.log(tableOf(await runHistory(plan, options), plan))
      }
      return runBatch(subject, { ...batch, stopsAt: bug && (bug.breaks ?? ANY_RULE) })
    },
    async shown(seed: number, { server, worlds, shrinks }: Shown): Promise<string> {
      const planned = planOf(seed, server, worlds)
      const plan = shrinks === undefined ? planned : await shrunk(planned, shrinks, options)
      return tableOf(await runHistory(plan, options), plan)
    },
  }
}
