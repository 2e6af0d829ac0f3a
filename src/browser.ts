export { indexedDBStore, type IndexedDBStoreOptions } from './stores/indexed-db.ts'
export { webStorageStore, type WebStorageStoreOptions } from './stores/web-storage.ts'
