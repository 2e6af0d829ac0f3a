export type { AdapterOptions, ExpressStep } from '../server/adapters/node.ts'
export { idempotent, nodeListener } from '../server/adapters/node.ts'
export type { NodeRequest } from '../server/adapters/node-request.ts'
export type { NodeResponse } from '../server/adapters/node-response.ts'
