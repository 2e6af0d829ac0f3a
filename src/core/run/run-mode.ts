/** `run` begins the operation or goes on with it, `resume` only goes on with it, `ask` never sends. */
export type RunMode = 'run' | 'resume' | 'ask'

export type StopRequest = 'aborted' | 'closed' | 'forgotten' | 'sealed' | 'yielded'
