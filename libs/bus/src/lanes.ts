/**
 * Runs tasks of one lane one after the other and different lanes side by side, up to a limit. A task that waits (for
 * its next try) gives its place to another lane but keeps its own lane waiting.
 */
export type Lanes = {
  add(lane: string, task: (rest: Rest) => Promise<void>): void
  /** Drops what has not begun and resolves when what has begun is over. */
  stop(): Promise<void>
}

/** Leaves the place for the time of the wait and takes one again after it. */
export type Rest = (wait: Promise<void>) => Promise<void>

export function lanes(parallelMax: number): Lanes {
  const queues = new Map<string, ((rest: Rest) => Promise<void>)[]>()
  const waiting: (() => void)[] = []
  const active = new Set<Promise<void>>()
  let free = parallelMax
  let isStopped = false

  const takePlace = (): Promise<void> => {
    if (free > 0) {
      free--
      return Promise.resolve()
    }
    return new Promise((resolve) => waiting.push(resolve))
  }
  const leavePlace = (): void => {
    const next = waiting.shift()
    if (next) next()
    else free++
  }
  const rest: Rest = async (wait) => {
    leavePlace()
    await wait
    await takePlace()
  }
  const run = async (lane: string, queue: ((rest: Rest) => Promise<void>)[]): Promise<void> => {
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
      if (isStopped) break
      await takePlace()
      try {
        if (!isStopped) await task(rest)
      } finally {
        leavePlace()
      }
    }
    queues.delete(lane)
  }

  return {
    add(lane, task) {
      if (isStopped) return
      const queue = queues.get(lane)
      if (queue) {
        queue.push(task)
        return
      }
      const fresh = [task]
      queues.set(lane, fresh)
      const work = run(lane, fresh).finally(() => active.delete(work))
      active.add(work)
    },
    async stop() {
      isStopped = true
      await Promise.allSettled(active)
    },
  }
}
