/**
 * What a client may still spend on one origin: retries and asks have a budget each. A first send is
 * never limited. When a server is down for everybody, the budget empties and the crowd's load falls to
 * its first sends; each success gives back.
 *
 * Capacities: with 200 operations through an outage, 12 retries and 8 asks keep the requests per
 * operation at 1.1, and a single operation still gets its three retries.
 */
export type Budget = {
  readonly retries: number
  readonly asks: number
  readonly failedAsksInARow: number
  /** When an ask was last given back by time alone, monotonic ms: a clock that is put back gives none. */
  readonly trickledAt: number
}

const RETRY_CAPACITY = 12
const ASK_CAPACITY = 3
/** Asks that may fail in a row before asking costs anything. */
const FREE_FAILED_ASKS = 3
/** An empty ask budget regains one ask in this time, ms: else nobody would ever see the server return. */
const TRICKLE_MS = 300_000

export function fullBudget(nowAt: number): Budget {
  return { retries: RETRY_CAPACITY, asks: ASK_CAPACITY, failedAsksInARow: 0, trickledAt: nowAt }
}

/** The budget after one retry, or undefined where none is left. */
export function spendRetry(budget: Budget): Budget | undefined {
  return budget.retries < 1 ? undefined : { ...budget, retries: budget.retries - 1 }
}

/** The budget after one ask, or undefined where none is left. */
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

/** The server answered an ask, whatever it said: it is there again. */
export function afterAnsweredAsk(budget: Budget): Budget {
  if (budget.asks >= ASK_CAPACITY && budget.failedAsksInARow === 0) return budget
  return { ...budget, asks: ASK_CAPACITY, failedAsksInARow: 0 }
}

export function afterFailedAsk(budget: Budget): Budget {
  return { ...budget, failedAsksInARow: budget.failedAsksInARow + 1 }
}

function trickle(budget: Budget, nowAt: number): Budget {
  const regained = Math.floor((nowAt - budget.trickledAt) / TRICKLE_MS)
  if (regained < 1) return budget
  return { ...budget, asks: Math.min(ASK_CAPACITY, budget.asks + regained), trickledAt: nowAt }
}
