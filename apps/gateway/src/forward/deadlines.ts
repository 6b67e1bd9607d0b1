/** What must be over at some instant, by the monotonic clock. `place` is for the deadlines alone. */
export type Due = { readonly dueAtMs: number; place: number; late(): void }

const sweepMs = 100

/**
 * The deadlines of all that is under way. They are looked at together, some ten times a second: a timer of its own for
 * each request costs more than it is worth where no deadline is shorter than seconds.
 *
 * An array in no order, and no set: a set that is added to and deleted from all the time leaves its outgrown tables
 * behind, each holding the next and all that was in it, until the old generation is collected. It took a seventh of the
 * gateway's time to collect them.
 */
export class Deadlines {
  readonly #open: Due[] = []
  #timer: NodeJS.Timeout | undefined

  add(due: Due): void {
    due.place = this.#open.push(due) - 1
    this.#timer ??= setInterval(this.#sweep, sweepMs).unref()
  }

  /** The last one takes the place of the one that goes. */
  delete(due: Due): void {
    if (this.#open[due.place] !== due) return
    const last = this.#open.pop()
    if (last === undefined || last === due) return
    last.place = due.place
    this.#open[due.place] = last
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#open.length = 0
  }

  readonly #sweep = (): void => {
    const nowMs = performance.now()
    for (const due of this.#open.filter(({ dueAtMs }) => dueAtMs <= nowMs)) {
      this.delete(due)
      due.late()
    }
  }
}
