import { randomUUID } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { required } from './jobs.ts'

/*
 * What a worker of Temporal asks of its server, for activities alone. The server itself is in no package of npm or Debian:
 * this one hands out tasks as Temporal documents it, and the worker is Temporal's own.
 *
 *   completed        the activity has its result
 *   failed           tried again at once, but for what can not be tried again
 *   not heard of     tried again when `startToClose` is over
 *   heard of late    refused as NOT_FOUND: another attempt is the current one
 */

type Message = Readonly<Record<string, unknown>>
type Call = { readonly request: never; readonly on: (event: 'cancelled', listener: () => void) => void }
type Answer = (error: { readonly code: number; readonly details: string } | null, answer?: Message) => void
type Handler = (call: Call, answer: Answer) => void

type Codec = {
  readonly encode: (message: Message) => { readonly finish: () => Uint8Array }
  readonly decode: (bytes: Uint8Array) => Message
}
type Proto = {
  readonly temporal: {
    readonly api: { readonly workflowservice: { readonly v1: Readonly<Record<string, Codec>> } }
  }
}
type Grpc = {
  readonly Server: new () => {
    readonly addService: (methods: object, handlers: Readonly<Record<string, Handler>>) => void
    readonly bindAsync: (
      address: string,
      credentials: unknown,
      done: (error: Error | null, port: number) => void,
    ) => void
    readonly forceShutdown: () => void
  }
  readonly ServerCredentials: { readonly createInsecure: () => unknown }
}

const NOT_FOUND = 5
const MOST_ATTEMPTS = 20

export type Activity = {
  readonly workflowId: string
  readonly activityId: string
  /** ms; after it an attempt that was not heard of is over. */
  readonly startToClose: number
}

/** How an activity ended, as its workflow is told. */
export type ActivityEnd =
  | { readonly kind: 'completed'; readonly result: unknown; readonly attempts: number }
  | { readonly kind: 'failed'; readonly type: string; readonly message: string; readonly attempts: number }

export type TemporalServer = {
  readonly address: string
  /** Schedules the activity `charge`. Resolves with its end. */
  readonly execute: (activity: Activity) => Promise<ActivityEnd>
  /** How often the end of an attempt was refused, because another one was the current one. */
  readonly refused: () => number
}

type Task = Activity & {
  attempt: number
  token: string
  timer?: NodeJS.Timeout
  readonly end: (end: ActivityEnd) => void
}

type Fault = { readonly type: string; readonly message: string }

type Told = { readonly taskToken: Uint8Array }
type Payloads = { readonly payloads?: readonly { readonly data: Uint8Array }[] }
type Completed = Told & { readonly result?: Payloads }
type Failed = Told & {
  readonly failure: {
    readonly message: string
    readonly applicationFailureInfo?: { readonly type: string; readonly nonRetryable: boolean }
  }
}

export async function startTemporal(): Promise<TemporalServer> {
  const grpc = required('@grpc/grpc-js') as Grpc
  const messages = (required('@temporalio/proto') as Proto).temporal.api.workflowservice.v1
  const ready: Task[] = []
  const polls = new Set<Answer>()
  const working = new Map<string, Task>()
  let refused = 0

  /** To the newest poll first: a process that was stopped keeps its own open. */
  function handOut(): void {
    for (const answer of [...polls].toReversed()) {
      const task = ready.shift()
      if (task === undefined) return
      polls.delete(answer)
      answer(null, taskFor(task))
    }
  }

  function taskFor(task: Task): Message {
    const now = { seconds: Math.floor(Date.now() / 1000) }
    task.attempt += 1
    task.token = randomUUID()
    working.set(task.token, task)
    task.timer = setTimeout(() => again(task, { type: 'timeout', message: '' }), task.startToClose)
    return {
      taskToken: Buffer.from(task.token),
      workflowNamespace: 'default',
      workflowType: { name: 'billing' },
      workflowExecution: { workflowId: task.workflowId, runId: 'run-1' },
      activityType: { name: 'charge' },
      activityId: task.activityId,
      attempt: task.attempt,
      scheduledTime: now,
      currentAttemptScheduledTime: now,
      startedTime: now,
      startToCloseTimeout: { seconds: Math.ceil(task.startToClose / 1000) },
      scheduleToCloseTimeout: { seconds: 600 },
    }
  }

  function again(task: Task, { type, message }: Fault): void {
    working.delete(task.token)
    clearTimeout(task.timer)
    if (task.attempt === MOST_ATTEMPTS) {
      task.end({ kind: 'failed', type, message, attempts: task.attempt })
      return
    }
    ready.push(task)
    handOut()
  }

  /** The task of which an attempt has ended, if that attempt is the current one. */
  function ended({ taskToken }: Told, answer: Answer): Task | undefined {
    const task = working.get(Buffer.from(taskToken).toString())
    if (task === undefined) {
      refused += 1
      answer({ code: NOT_FOUND, details: 'The attempt is not the current one.' })
      return undefined
    }
    working.delete(task.token)
    clearTimeout(task.timer)
    answer(null, {})
    return task
  }

  const handlers: Readonly<Record<string, Handler>> = {
    GetSystemInfo: (_, answer) => answer(null, { serverVersion: '1.29.0', capabilities: {} }),
    DescribeNamespace: (_, answer) => answer(null, { namespaceInfo: { name: 'default' } }),
    ShutdownWorker: (_, answer) => answer(null, {}),
    PollActivityTaskQueue: (call, answer) => {
      polls.add(answer)
      call.on('cancelled', () => polls.delete(answer))
      handOut()
    },
    RespondActivityTaskCompleted: ({ request }, answer) => {
      const { result, ...told }: Completed = request
      const task = ended(told, answer)
      const [payload] = result?.payloads ?? []
      task?.end({
        kind: 'completed',
        result: payload && JSON.parse(Buffer.from(payload.data).toString()),
        attempts: task.attempt,
      })
    },
    RespondActivityTaskFailed: ({ request }, answer) => {
      const { failure, ...told }: Failed = request
      const task = ended(told, answer)
      if (task === undefined) return
      const { message, applicationFailureInfo } = failure
      const { type, nonRetryable } = applicationFailureInfo ?? { type: '', nonRetryable: false }
      if (nonRetryable) task.end({ kind: 'failed', type, message, attempts: task.attempt })
      else again(task, { type, message })
    },
  }

  const methods = Object.fromEntries(
    Object.keys(handlers).map(name => {
      const [request, response] = [messages[`${name}Request`], messages[`${name}Response`]]
      if (request === undefined || response === undefined) throw new Error(`no method ${name}`)
      const method = {
        path: `/temporal.api.workflowservice.v1.WorkflowService/${name}`,
        requestStream: false,
        responseStream: false,
        requestSerialize: (message: Message) => Buffer.from(request.encode(message).finish()),
        requestDeserialize: (bytes: Uint8Array) => request.decode(bytes),
        responseSerialize: (message: Message) => Buffer.from(response.encode(message).finish()),
        responseDeserialize: (bytes: Uint8Array) => response.decode(bytes),
      }
      return [name, method]
    }),
  )

  const server = new grpc.Server()
  server.addService(methods, handlers)
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound)
      else reject(error)
    })
  })
  onTestFinished(() => {
    for (const { timer } of working.values()) clearTimeout(timer)
    server.forceShutdown()
  })
  return {
    address: `127.0.0.1:${port}`,
    execute: activity =>
      new Promise(end => {
        ready.push({ ...activity, attempt: 0, token: '', end })
        handOut()
      }),
    refused: () => refused,
  }
}
