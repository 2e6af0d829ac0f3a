/* The part that goes on finding out; see ../parts.ts. */
export { watchOne, watchScope } from './watching.ts'
/* With the part that finds out once: that one's code lies in one chunk then, whoever bundles them. */
export * from './stored.ts'
