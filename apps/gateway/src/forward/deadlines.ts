/** What must be over at some instant, by the monotonic clock. */
export type Due = { readonly dueAtMs: number; late(): void }

const sweepMs = 100

/**
 * The deadlines of all that is under way. They are looked at together, some ten times a second: a timer of its own for
 * each request costs more than it is worth where no deadline is shorter than seconds.
 */
export class Deadlines {
  readonly #open = new Set<Due>()
  #timer: NodeJS.Timeout | undefined

  add(due: Due): void {
    this.#open.add(due)
    this.#timer ??= setInterval(this.#sweep, sweepMs).unref()
  }

  delete(due: Due): void {
    this.#open.delete(due)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#open.clear()
  }

  readonly #sweep = (): void => {
    const nowMs = performance.now()
    for (const due of this.#open) {
      if (due.dueAtMs > nowMs) continue
      this.#open.delete(due)
      due.late()
    }
  }
}
