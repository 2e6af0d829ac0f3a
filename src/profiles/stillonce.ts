import { madeProfile } from './made-profile.ts'

const SOURCE = 'stillonce, docs/server.md'

/**
 * A server that uses `stillonce/server`, with its defaults: problems are recognised by their types, a sealed key's 410
 * is proof, replays are marked, and the client sends the time of the first send, by which the server refuses a key that
 * it may have forgotten.
 */
export const stillonce = /* #__PURE__ */ madeProfile({
  name: 'stillonce',
  honoursKeys: true,
  key: { maxLength: 255 },
  retention: 86_400_000,
  comparesBytes: true,
  // No template texts: with them, bundlers could not leave out the unused profile.
  rules: [
    { status: 409, type: 'urn:stillonce:in-progress', means: 'processing', source: SOURCE },
    { status: 422, type: 'urn:stillonce:payload-mismatch', means: 'mismatch', source: SOURCE },
    { status: 410, type: 'urn:stillonce:sealed', means: 'rejected', conclusive: true, source: SOURCE },
    { status: 410, type: 'urn:stillonce:not-executed', means: 'rejected', conclusive: true, source: SOURCE },
    // Not executed this time; the response does not say whether an earlier attempt was. A wrong clock on this side
    // causes it too, and then the next attempt succeeds: the response's Date corrects the time that is sent with it.
    { status: 412, type: 'urn:stillonce:key-expired', means: 'unknown', source: SOURCE },
    { status: 400, type: 'urn:stillonce:first-sent-invalid', means: 'try-again', source: SOURCE },
    { status: 503, type: 'urn:stillonce:nothing-happened', means: 'try-again', source: SOURCE },
    { status: 503, type: 'urn:stillonce:store-unavailable', means: 'try-again', source: SOURCE },
    // Not executed this time: the body never arrived completely.
    { status: 400, type: 'urn:stillonce:body-unreadable', means: 'try-again', source: SOURCE },
    // Not executed this time: the server does not know whose key it is.
    { status: 500, type: 'urn:stillonce:scope-invalid', means: 'try-again', source: SOURCE },
    // The key stays in this state until somebody looks into it: ask, do not send again.
    { status: 500, type: 'urn:stillonce:outcome-unknown', means: 'unknown', source: SOURCE },
  ],
  replayed: { header: 'Idempotent-Replayed', value: 'true' },
  firstSent: { header: 'Idempotency-First-Sent' },
  // The usual words, which a job of the server's own may use at the Location of its 202.
  status: {},
  cancel: { executed: ['succeeded'], notExecuted: ['failed'], sealed: ['canceled'] },
  // A proxy may change the URL of a status request, which is then about another key.
  namesKey: true,
})
