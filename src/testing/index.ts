export { storeContract, type StoreCase, type StoreClock, type StoreUnderTest } from './store-contract.ts'
