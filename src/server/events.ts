/** An event in the life of a key. It contains no body, no header and no error. */
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
    /** A handler succeeded after its key was settled as not executed. Somebody should look into this. */
    | 'late-success'
    | 'sealed'
    | 'concluded'
    /** The scope has `maxOpen` keys that wait to be concluded. No new key is executed or sealed. */
    | 'too-many-open'
    | 'store-failed'
    /** The store dropped the record of the key too early, so the operation can be executed again. */
    | 'dropped'
    | 'mended'
  readonly scope: string
  readonly key: string
  /** Epoch ms. */
  readonly at: number
  /** How long a run of the handler took, ms. Present only on events that a run ended with. */
  readonly durationMs?: number | undefined
}

export type KeyEventListener = (event: KeyNotice) => void
