import { backoffMs, pause, type Logger } from '@plinth/kernel'

export type Loop = { start(): void; wake(): void; stop(drainMs?: number): Promise<void> }

/**
 * Calls `turn` again and again: at once after 'again', after a wake or the poll interval (with jitter, so that replicas
 * spread) after 'wait', after a time of its own choice, after a backoff when it throws. `stop` ends the pause, lets turns go on until one says 'wait' or
 * throws or the drain time is over, and resolves when none runs.
 */
export function createLoop(options: {
  pollMs: number
  log: Logger
  turn(): Promise<'again' | 'wait' | { soonMs: number }>
}): Loop {
  const { pollMs, log, turn } = options
  let stopping = new AbortController()
  let sleeping = new AbortController()
  let woken = false
  let drainUntilMs = Number.POSITIVE_INFINITY
  let running: Promise<void> | undefined
  const overdue = (): boolean => performance.now() >= drainUntilMs

  const sleep = async (durationMs: number): Promise<void> => {
    if (!woken && !stopping.signal.aborted) await pause(durationMs, sleeping.signal)
    woken = false
    sleeping = new AbortController()
  }

  const run = async (): Promise<void> => {
    let failures = 0
    for (;;) {
      try {
        const next = await turn()
        failures = 0
        if (stopping.signal.aborted && (next === 'wait' || overdue())) return
        if (next === 'wait') await sleep(pollMs * (0.75 + Math.random() / 2))
        else if (next !== 'again') await pause(next.soonMs)
      } catch (error) {
        failures++
        log.warn({ error: String(error), failures }, 'a turn failed, trying again')
        if (stopping.signal.aborted) return
        await pause(backoffMs(failures, 100, 5_000), stopping.signal)
      }
    }
  }

  return {
    start() {
      if (running !== undefined) return
      stopping = new AbortController()
      drainUntilMs = Number.POSITIVE_INFINITY
      running = run()
    },
    wake() {
      woken = true
      sleeping.abort()
    },
    async stop(drainMs = 0) {
      drainUntilMs = performance.now() + drainMs
      stopping.abort()
      sleeping.abort()
      await running
      running = undefined
    },
  }
}
