export { redisStore, type RedisStoreOptions } from '../stores/redis/redis-store.ts'
export type { RedisClient, RedisSubscriber } from '../stores/redis/redis-client.ts'
