export { startWorker, type OperationWorker } from '../worker/start-worker.ts'
export type { WorkerOptions } from '../worker/worker-options.ts'
export type { WorkerStopped } from '../worker/worker-loop.ts'
export type { WorkerHealth } from '../worker/core/worker-health.ts'
