/* The code that is loaded for `client.fetch`. */
export { guardedFetch } from './guarded-fetch.ts'
