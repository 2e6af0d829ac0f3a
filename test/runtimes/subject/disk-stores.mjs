/* The SQLite store, where the runtime was given a folder. */
export async function diskStores(folder) {
  if (folder === undefined) return {}
  const { sqliteStore } = await import('stillonce/sqlite')
  let trials = 0
  return {
    stores: { sqlite: sqliteStore(`${folder}/operations.db`) },
    contracts: {
      sqlite: { open: () => sqliteStore(`${folder}/contract.db`), shared: true },
      'sqlite, a file each': { open: () => sqliteStore(`${folder}/contract-${(trials += 1)}.db`) },
    },
  }
}
