import type { Advice } from '../core/run/advice.ts'
import { adviceFor } from '../core/run/advice.ts'

/** How the user of a definition names what there is to call, by the kind of the definition. */
const CALLS = {
  operation: {
    run: '`run`',
    input: 'the input',
    settle: '`settle`',
    cancel: '`cancel`',
    conclude: '`conclude`',
    inspect: '`inspect`',
    forget: '`forget`',
  },
  /** A fetch for an SDK has no `run`, and the methods of its operations are behind `byId`. */
  fetch: {
    run: 'the fetch',
    input: 'the request',
    settle: '`byId(id).settle`',
    cancel: '`byId(id).cancel`',
    conclude: '`byId(id).conclude`',
    inspect: '`byId(id).inspect`',
    forget: '`byId(id).forget`',
  },
}

type Kind = keyof typeof CALLS

/** What a person can do about an error, as text. `core/run/advice.ts` decides which advice an error gets. */
export function advices(kind: Kind): Readonly<Record<Advice, string>> {
  const { run, input, settle, cancel, conclude, inspect, forget } = CALLS[kind]
  return {
    none: '',
    'look-at-response': 'Read `response` for why.',
    'look-and-settle': `Read \`response\` for why, and call ${settle} to find out.`,
    'look-and-run': `Read \`response\` for why, then call ${run} again: the key is kept.`,
    'look-and-conclude': `Read \`response\` for why, find out from the server, then call ${conclude}.`,
    'decide-again': 'Read the current state and decide again.',
    'other-id': 'Use another id for another intention.',
    'settle-or-other-id': `Call ${settle} to find out. Use another id for another intention only.`,
    'name-the-key': `Look at ${inspect}, and name the key that is meant.`,
    run: `Call ${run} to perform it.`,
    'run-with-input': `Call ${run} with ${input}: the key is kept.`,
    'run-or-settle': `Call ${run} or ${settle} again: the key is kept.`,
    'after-retry-at': `Call ${run} or ${settle} again after \`retryAt\`: the key is kept.`,
    later: `Call ${run} or ${settle} later: the key is kept.`,
    'later-or-conclude': `Call ${settle} later, or find out from the server and call ${conclude}.`,
    settle: `Call ${settle} to find out.`,
    'settle-or-run': `Call ${settle} to find out, or ${run} to go on.`,
    'settle-then-cancel': `Call ${settle}, which asks the server for its time, then ${cancel} again.`,
    'cancel-again': `Call ${cancel} again, or ${settle} to find out: the key is kept.`,
    conclude: `Find out from the server, then call ${conclude}.`,
    'conclude-then-run': `Call ${conclude} with 'not-executed', then ${run}, which uses a new key.`,
    'get-result': `Call ${run} or ${settle} to get its result.`,
    'read-result': 'Read the result from the server.',
    'never-again': 'Do not send it again; read the result from the server.',
    'open-or-force': `Call ${settle} to find out, or ${forget} with { force: true } to stop looking for its outcome.`,
    store: 'See `cause`, where there is one, and try again when the store works.',
    'inspect-store': `Find out from the server whether it was executed; then drop the record with \`force\`: by ${forget}, on a server by \`conclude\`.`,
    'whole-store': 'See `cause` for what the store needs.',
    update: 'Use the newer version of stillonce that wrote the record.',
    'load-again': `See \`cause\`. Load the page again, or restart the process; then call ${run} or ${settle}.`,
    report: `Call ${run} or ${settle} again: the key is kept. Report this as a bug of stillonce, with \`cause\`.`,
    'account-throws': `Log in again, or correct \`account\`; then call ${run} or ${settle}: the key is kept.`,
    'same-account': `Log in to the account that the operation was begun with, then call ${run} or ${settle}: the key is kept.`,
    'same-profile': `Call ${run} or ${settle} with the profile that the operation was begun with: the key is kept.`,
    'same-origin': `Call ${run} or ${settle} at the origin that the operation was begun with: the key is kept.`,
    'same-user': 'Log in as the user whose operation it is; the record is kept until then.',
    'sign-in': `Sign in, then call ${settle} or ${run}: the key is kept.`,
    'find-out-before-run': `Find out from the server before you call ${run}, which uses a new key.`,
  }
}

/** The advice for this end of a run, in whole sentences. */
export function adviceText(end: Parameters<typeof adviceFor>[0], kind: Kind = 'operation'): string {
  return advices(kind)[adviceFor(end)]
}
