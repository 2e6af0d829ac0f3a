export { enqueue } from '../client/stored/enqueue.ts'
export type { DatabaseTransaction, RecordsWithin } from '../public/store.ts'
export {
  postgresStore,
  type PostgresStore,
  type PostgresStoreOptions,
} from '../stores/postgres/postgres-store.ts'
export type { PostgresClient, PostgresListener } from '../stores/postgres/postgres-client.ts'
