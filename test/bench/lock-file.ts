export type LockFile = {
  /** By folder; the one without a name is the package itself. */
  readonly packages: Readonly<Record<string, { readonly version?: string | undefined }>>
}

/** What the first lock file has that the second has not, or in another version: the folders, in their order. */
export function lacking(wanted: LockFile, has: LockFile): readonly string[] {
  return Object.entries(wanted.packages)
    .filter(([folder, { version }]) => folder !== '' && has.packages[folder]?.version !== version)
    .map(([folder]) => folder)
}
