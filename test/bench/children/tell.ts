import { orMissing } from './missing.ts'

/** Tells the parent what the work gives, and ends the process with whatever is still in the air. */
export async function tell(work: () => Promise<unknown>): Promise<void> {
  process.send?.(await orMissing(work), () => process.exit())
}
