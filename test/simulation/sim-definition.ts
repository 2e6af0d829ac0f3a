import type { Conflict, ConflictAnswer, OperationDefinition } from '../../src/client/definition.ts'
import type { CancelAnswer, StatusAnswer } from '../../src/engine/plan.ts'
import type { Profile } from '../../src/core/answers/profile.ts'
import type { ServerResponse } from '../../src/public/errors.ts'
import type { StandardSchema } from '../../src/public/standard-schema.ts'
import type { Edges } from './edges.ts'
import { retentionAt } from './model-server.ts'
import type { Plan } from './plan.ts'

import type { Random } from './random.ts'
import type { SimProcess } from './sim-process.ts'
import type { Subject } from './subject.ts'

/* What the user of the client wrote: profile and definition, as the plan says. */

export type Input = {
  readonly op: string
  readonly item: string
  /** Of what is changed, as the caller has read it. Default 1. */
  readonly version?: number
}

/** The server is deployed twice: each deployment has a header and paths of its own, and keys of its own. */
export type Space = '1' | '2'

/** A statement that is true of the model server, for whoever starts at `at`. */
export function modelProfile(subject: Subject, { manner, edges }: Plan, space: Space, at: number): Profile {
  return subject.defineProfile({
    name: space === '1' ? 'model' : 'model-2',
    honoursKeys: manner.honoursKeys,
    header: space === '1' ? 'Idempotency-Key' : 'X-Request-Key',
    retention: manner.honoursKeys ? retentionAt(at, manner, edges) : 100 * 365 * 86_400_000,
    rules: [
      {
        status: 409,
        header: { name: 'retry-after' },
        means: 'processing',
        source: 'the model server',
      },
      ...(manner.honoursKeys
        ? [{ status: 422, code: 'other_payload', means: 'mismatch' as const, source: 'the model server' }]
        : []),
    ],
    replayed: { header: 'Idempotent-Replayed', value: 'true' },
    // Its status answers are in the usual words.
    status: {},
    cancel: { executed: ['succeeded'] },
  })
}

export type DefinitionInit = {
  readonly plan: Plan
  readonly process: SimProcess
  readonly space: Space
  readonly profile: Profile
  readonly random: Random
  readonly redefine: boolean
  /** Then callbacks are as they should be. */
  readonly isHealed: () => boolean
  readonly count: (kind: string) => void
  /** What its user reads again after a conflict: what was done of the operation, and how it stands. */
  readonly look: (op: string) => { readonly done: unknown; readonly version: number }
  /** It has found out that the change is its own. */
  readonly onFoundOut: (op: string) => void
}

export function definitionOf(init: DefinitionInit): OperationDefinition<Input> {
  const { plan, process, space } = init
  const { manner, edges } = plan
  const prefix = space === '1' ? '' : 'v2/'
  const byKey = ({ key }: { readonly key: string }) => `${prefix}orders/by-key/${key}`
  const reading = edges?.reading ?? 'usual'
  const read = reading === 'usual' ? undefined : readers(reading, init)
  return {
    name: 'pay',
    profile: init.profile,
    ...(init.redefine && { redefine: true }),
    id: input => (edges?.numericIds === true ? Number(input.op) : input.op),
    request: input =>
      requestOf(edges?.shape ?? 'post', prefix, { ...input, op: `${process.scope}/${input.op}` }),
    persist: plan.persist,
    ...(edges?.shape === 'conditional put' && plan.persist === 'request' && { keepHeaders: ['if-match'] }),
    ...(reading === 'usual' && edges !== undefined && { response: RESULT }),
    ...verdictOf(edges, init),
    ...(edges?.changedBefore === true && { onConflict: conflict => afterConflict(conflict, init) }),
    ...(manner.statusLagMs !== undefined && {
      status: {
        request: about => ({ url: byKey(about) }),
        ...(plan.absentAfterMs !== undefined && { absentAfter: plan.absentAfterMs }),
        ...(read !== undefined && { read: read.status }),
      },
    }),
    ...(manner.seals && {
      cancel: {
        request: about => ({ method: 'delete', url: byKey(about) }),
        ...(read !== undefined && { read: read.cancel }),
      },
    }),
  }
}

function requestOf(
  shape: Edges['shape'],
  prefix: string,
  { op, item, version = 1 }: Input,
): ReturnType<OperationDefinition<Input>['request']> {
  const url = `${prefix}things/${op.replace('/', '~')}/${item}`
  switch (shape) {
    case 'post':
      return { method: 'post', url: `${prefix}orders`, json: { op, item } }
    case 'put':
      return { method: 'put', url, json: { op, item } }
    case 'delete':
      return { method: 'delete', url }
    case 'empty post':
      return { method: 'post', url }
    case 'conditional put':
      return { method: 'put', url, json: { op, item }, headers: { 'if-match': `"v${version}"` } }
    default:
      return shape satisfies never
  }
}

/** A result as the server gives it. */
const RESULT: StandardSchema<unknown, unknown> = {
  '~standard': {
    version: 1,
    vendor: 'simulation',
    validate: value =>
      typeof (value as { effect?: unknown } | null | undefined)?.effect === 'number'
        ? { value }
        : { issues: [{ message: 'no result' }] },
  },
}

/** Fails like this at every third call. */
function failing(how: 'throws' | 'gives a promise', { random, isHealed, count }: DefinitionInit): unknown {
  if (isHealed() || !random.chance(1 / 3)) return undefined
  count(`a callback ${how}`)
  if (how === 'throws') throw new Error('a mistake in a callback')
  return Promise.reject(new Error('a mistake in an asynchronous callback'))
}

function verdictOf(
  edges: Edges | undefined,
  init: DefinitionInit,
): Pick<OperationDefinition<Input>, 'verdict'> {
  const how = edges?.verdict ?? 'none'
  if (how === 'none') return {}
  return {
    verdict: ({ body }) => {
      const failure = how === 'right' ? undefined : failing(how, init)
      if (failure !== undefined) return failure as never
      const { errors } = (body ?? {}) as { errors?: unknown }
      return Array.isArray(errors) ? 'rejected' : undefined
    },
  }
}

/** As a careful user does it: a proven conflict is another's; of the others it is found out whose they are. */
function afterConflict(
  { input, proven }: Conflict<Input>,
  { process, look, onFoundOut, isHealed, random, count }: DefinitionInit,
): Promise<ConflictAnswer<Input>> {
  if (!isHealed() && random.chance(0.2)) {
    count('a callback hangs')
    return new Promise(() => {})
  }
  const op = `${process.scope}/${input.op}`
  const { done, version } = look(op)
  const next = { ...input, version }
  if (proven) return Promise.resolve(next)
  if (done === undefined) return Promise.resolve({ notMine: true, next })
  onFoundOut(op)
  return Promise.resolve({ executed: done })
}

type Body = { readonly status?: unknown; readonly result?: unknown; readonly code?: unknown } | null

/** Right for this server: a word that it never says, and what is no word of its, is refused. */
function readers(how: Exclude<Edges['reading'], 'usual'>, init: DefinitionInit) {
  const failure = () => {
    if (how === 'read') return undefined
    return failing(how === 'read throws' ? 'throws' : 'gives a promise', init)
  }
  const status = (response: ServerResponse): StatusAnswer => {
    const failed = failure()
    if (failed !== undefined) return failed as never
    const body = response.body as Body
    if (response.status === 404 && body?.code === 'no_such_key') return { absent: true }
    if (response.status === 202) return { processing: true }
    switch (response.status === 200 ? body?.status : undefined) {
      case 'succeeded':
        return { outcome: 'executed', data: body?.result }
      case 'failed':
      case 'canceled':
        return { outcome: 'not-executed' }
      case 'processing':
        return { processing: true }
      default:
        throw new Error('nothing that this server says')
    }
  }
  const cancel = (response: ServerResponse): CancelAnswer => {
    const failed = failure()
    if (failed !== undefined) return failed as never
    const body = response.body as Body
    if (response.status === 202) return { processing: true }
    if (response.status === 200 && body?.status === 'canceled') return { sealed: true }
    if (response.status === 200 && body?.status === 'succeeded')
      return { outcome: 'executed', data: body.result }
    throw new Error('nothing that this server says')
  }
  return { status, cancel }
}
