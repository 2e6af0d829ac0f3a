export { agingStore, type AgingStore } from '../testing/aging-store.ts'
export { crashAt, type Crash, type CrashPoint } from '../testing/crash-at.ts'
export { fakeBrowser, type FakeBrowser } from '../testing/fake-browser.ts'
export type { FakeEffect, FakeFault, FakeServer, FakeServerOptions } from '../testing/fake-server.ts'
export { fakeServer } from '../testing/fake-server.ts'
export type {
  FaultProxy,
  FaultProxyOptions,
  Hop,
  ProxiedRequest,
  ProxyFault,
} from '../testing/fault-proxy.ts'
export { faultProxy } from '../testing/fault-proxy.ts'
export { recordRuns, type RecordedStep, type RunRecording } from '../testing/record-runs.ts'
export {
  storeContract,
  type StoreCase,
  type StoreClock,
  type StoreUnderTest,
} from '../testing/store-contract.ts'
