/* The code of watches; see ../parts.ts. */
export { watchOne, watchScope } from './watching.ts'
/* Exported together with the part that finds out once, so that any bundler puts that part into one chunk. */
export * from './stored.ts'
