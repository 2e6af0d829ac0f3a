import type { Figure } from './figure.ts'
import type { Ref } from './ref.ts'

export interface Part {
  readonly title: string
  /** How it was measured, for who reads the table. */
  readonly how: string
  /** Of this checkout; with a ref the same of the ref, in the same rounds. */
  measure(ref?: Ref): Promise<readonly Figure[]>
}
