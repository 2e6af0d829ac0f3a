/** The files of a database are for their owner alone: records hold what users sent and what was answered. */
export const FILE_MODE = 0o600
