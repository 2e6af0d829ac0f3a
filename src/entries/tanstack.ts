export { mutationOptions, type IdempotentMutationOptions } from '../react/mutation-options.ts'
export { mutationStatus } from '../react/mutation-status.ts'
