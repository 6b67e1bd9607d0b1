const perRequest = 0.1
const heldMax = 10

/**
 * How many requests to a service may be sent a second time: a tenth of all, so that a service that fails gets no more
 * than a tenth more to do (Google SRE book, chapter 21). What a quiet time saves up is worth ten at the most.
 */
export class RetryBudget {
  #held = heldMax

  /** One more request was sent for the first time. */
  earn(): void {
    if (this.#held < heldMax) this.#held += perRequest
  }

  /** Takes one repetition; says whether there was one. */
  spend(): boolean {
    if (this.#held < 1) return false
    this.#held--
    return true
  }
}
