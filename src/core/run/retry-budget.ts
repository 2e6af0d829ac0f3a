/**
 * What a client may still spend on one origin. Retries and asks have a budget each; a first send is never limited. When
 * a server is down for everybody, the budget empties, and the load of the crowd falls to its first sends, with one
 * retry and one ask now and then. Each success gives some back, so the first retry that finds the server there again
 * lets the others follow.
 *
 * There are two paces. A single operation retries for half a minute before its budget slows it down, and then every ten
 * seconds. If many sends in a row have failed, a crowd is waiting: two retries are left, and time gives back at
 * intervals that double to a minute. With 200 operations at once through an outage of ten minutes, the requests of runs
 * and of a watch stay at 1.1 an operation.
 */
export type Budget = {
  readonly retries: number
  readonly asks: number
  readonly failedAsksInARow: number
  readonly failedSendsInARow: number
  /** How many times time has given something back while a crowd was waiting. */
  readonly slowdowns: number
  /** When time alone last gave something back, monotonic ms: a clock that is put back gives nothing. */
  readonly trickledAt: number
}

const RETRY_CAPACITY = 12
const ASK_CAPACITY = 3
/** How many asks may fail in a row before an ask costs anything. */
const FREE_FAILED_ASKS = 3
/**
 * A budget regains one retry and one ask in this time, ms, because otherwise nobody would see the server return. A
 * server that restarts within the usual deadline of two minutes is found while everybody who waits still has time left.
 */
const TRICKLE_MS = 10_000

/**
 * More failed sends in a row than one operation makes in a minute. So several operations are failing, and none
 * succeeds.
 */
const CROWD = 20
const RETRIES_OF_A_CROWD = 2
const SLOWEST_TRICKLE_MS = 60_000

export function fullBudget(nowAt: number): Budget {
  return {
    retries: RETRY_CAPACITY,
    asks: ASK_CAPACITY,
    failedAsksInARow: 0,
    failedSendsInARow: 0,
    slowdowns: 0,
    trickledAt: nowAt,
  }
}

/** The budget after one retry, or undefined if no retry is left. */
export function spendRetry(budget: Budget, nowAt: number): Budget | undefined {
  const trickled = trickle(budget, nowAt)
  return trickled.retries < 1 ? undefined : { ...trickled, retries: trickled.retries - 1 }
}

/** The budget after one ask, or undefined if no ask is left. */
export function spendAsk(budget: Budget, nowAt: number): Budget | undefined {
  if (budget.failedAsksInARow < FREE_FAILED_ASKS) return budget
  const trickled = trickle(budget, nowAt)
  return trickled.asks < 1 ? undefined : { ...trickled, asks: trickled.asks - 1 }
}

export function afterSuccess(budget: Budget): Budget {
  const answered = afterAnsweredAsk(budget)
  if (answered.retries >= RETRY_CAPACITY) return answered
  return { ...answered, retries: Math.min(RETRY_CAPACITY, answered.retries + 1) }
}

/** The server answered an ask, whatever the answer: it is there again. */
export function afterAnsweredAsk(budget: Budget): Budget {
  const isHeard = budget.failedAsksInARow === 0 && budget.failedSendsInARow === 0
  if (budget.asks >= ASK_CAPACITY && isHeard) return budget
  return { ...budget, asks: ASK_CAPACITY, failedAsksInARow: 0, failedSendsInARow: 0, slowdowns: 0 }
}

/** A send got no answer, or an answer that the server could not serve it. */
export function afterFailedSend(budget: Budget): Budget {
  const failedSendsInARow = budget.failedSendsInARow + 1
  const retries = failedSendsInARow === CROWD ? Math.min(RETRIES_OF_A_CROWD, budget.retries) : budget.retries
  return { ...budget, failedSendsInARow, retries }
}

export function afterFailedAsk(budget: Budget): Budget {
  return { ...budget, failedAsksInARow: budget.failedAsksInARow + 1 }
}

function trickle(budget: Budget, nowAt: number): Budget {
  return budget.failedSendsInARow < CROWD ? trickleSteadily(budget, nowAt) : trickleSlower(budget, nowAt)
}

function trickleSteadily(budget: Budget, nowAt: number): Budget {
  const regained = Math.floor((nowAt - budget.trickledAt) / TRICKLE_MS)
  if (regained < 1) return budget
  return {
    ...budget,
    retries: Math.min(RETRY_CAPACITY, budget.retries + regained),
    asks: Math.min(ASK_CAPACITY, budget.asks + regained),
    trickledAt: budget.trickledAt + regained * TRICKLE_MS,
  }
}

/** Gives back after ten seconds, twenty, forty, and then every minute. A long pause gives back only once. */
function trickleSlower(budget: Budget, nowAt: number): Budget {
  const intervalMs = Math.min(SLOWEST_TRICKLE_MS, TRICKLE_MS * 2 ** budget.slowdowns)
  if (nowAt - budget.trickledAt < intervalMs) return budget
  return {
    ...budget,
    retries: Math.min(RETRIES_OF_A_CROWD, budget.retries + 1),
    asks: Math.min(ASK_CAPACITY, budget.asks + 1),
    slowdowns: budget.slowdowns + 1,
    trickledAt: nowAt,
  }
}
