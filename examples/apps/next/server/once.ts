import { createIdempotency } from 'stillonce/server'
import { sqliteStore } from 'stillonce/sqlite'

export const once = createIdempotency({
  store: sqliteStore('keys.db'), // shared by all processes that serve these keys
  scope: () => 'customer-7', // in life: the user of the session, once it is verified
})
