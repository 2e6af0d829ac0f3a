export { indexedDBStore, type IndexedDBStoreOptions } from '../stores/indexed-db/indexed-db-store.ts'
export { webStorageStore, type WebStorageStoreOptions } from '../stores/web-storage/web-storage-store.ts'
