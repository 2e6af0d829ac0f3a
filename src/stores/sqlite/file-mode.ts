/** Only the owner may read the files of a database: records hold what users sent and what servers answered. */
export const FILE_MODE = 0o600
