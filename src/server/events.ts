/** What happened to a key. It holds no body, no header and no error. */
export type KeyNotice = {
  readonly type:
    | 'claimed'
    | 'taken-over'
    | 'completed'
    | 'released'
    | 'replayed'
    | 'in-progress'
    | 'payload-mismatch'
    | 'outcome-unknown'
    | 'fenced'
    /** A handler succeeded after its key was settled as not executed: look into it. */
    | 'late-success'
    | 'sealed'
    | 'concluded'
    /** The scope has `maxOpen` keys that wait for somebody who concludes: nothing new is begun, or sealed. */
    | 'too-many-open'
    | 'store-failed'
    /** The store dropped what it knew of the key before its time: it can be executed again. */
    | 'dropped'
    | 'mended'
  readonly scope: string
  readonly key: string
  /** Epoch ms. */
  readonly at: number
  /** How long a run of the handler took, ms: of what came of that run; absent of all else. */
  readonly durationMs?: number | undefined
}

export type KeyEventListener = (event: KeyNotice) => void
