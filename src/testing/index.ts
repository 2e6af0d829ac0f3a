export type { FakeEffect, FakeFault, FakeServer, FakeServerOptions } from './fake-server.ts'
export { fakeServer } from './fake-server.ts'
export { storeContract, type StoreCase, type StoreClock, type StoreUnderTest } from './store-contract.ts'
