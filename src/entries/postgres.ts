export {
  postgresStore,
  type PostgresStore,
  type PostgresStoreOptions,
} from '../stores/postgres/postgres-store.ts'
export type { PostgresClient, PostgresListener } from '../stores/postgres/postgres-client.ts'
