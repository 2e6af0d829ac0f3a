import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { currentHolder, isDeadHere } from '../../src/runtime/process-identity.ts'

// Where there is no /proc the lease decides.
test.runIf(process.platform === 'linux')(
  'a holder that was killed and that its parent has not reaped is dead',
  async () => {
    // The shell becomes a program that never asks how its children ended.
    const parent = spawn('sh', ['-c', 'sleep 500 & echo $!; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void parent.kill('SIGKILL'))
    const [printed] = (await once(parent.stdout, 'data')) as [Buffer]
    const holder = { ...currentHolder()!, pid: Number(printed.toString()), startedAt: undefined }
    expect(isDeadHere(holder)).toBe(false)

    process.kill(holder.pid, 'SIGKILL')
    await expect.poll(() => isDeadHere(holder)).toBe(true)
    // Its id is still taken.
    expect(process.kill(holder.pid, 0)).toBe(true)
  },
)
