import { fork, type ChildProcess } from 'node:child_process'
import { rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import buildPackage from '../../global-setup.ts'
import { installLocked } from './install-locked.ts'
import { startPayments, type Payments } from './payments.ts'

const folder = fileURLToPath(new URL('../jobs/', import.meta.url))
const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Loads a package of the jobs, which lie in a folder of their own. */
export const required = createRequire(`${folder}package.json`)

/** Installs the queues where their lock has changed, and the package as it is built now. */
export async function installJobs(): Promise<void> {
  installLocked(folder)
  rmSync(`${folder}node_modules/stillonce`, { recursive: true, force: true })
  symlinkSync(root, `${folder}node_modules/stillonce`, 'junction')
  await buildPackage()
}

/** The server of Restate, installed where its lock has changed. What npm calls by its name starts another process. */
export function restateServer(): string {
  const place = `${folder}restate-server/`
  installLocked(place)
  return `${place}node_modules/@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`
}

/** Starts a worker of test/fleet/jobs, which ends with the test. */
export function startWorker(program: string, env: Readonly<Record<string, string>>): ChildProcess {
  const child = fork(`${folder}${program}`, [], { execArgv: [], env: { ...process.env, ...env } })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return child
}

export type KillingPayments = Payments & { readonly kills: (worker: ChildProcess) => void }

/** A payment server that kills a worker when its first charge has been executed, before the answer. */
export async function startKillingPayments(): Promise<KillingPayments> {
  let worker: ChildProcess | undefined
  const server = await startPayments(() => {
    if (worker === undefined) return false
    worker.kill('SIGKILL')
    worker = undefined
    return true
  })
  onTestFinished(server.close)
  return {
    ...server,
    kills: child => {
      worker = child
    },
  }
}
