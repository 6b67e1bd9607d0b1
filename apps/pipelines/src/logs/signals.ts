/** Wakes those who follow a log in this process; followers elsewhere find out by their own slow look. */
export type LogSignals = {
  wake(job: string): void
  /** Resolves at the next wake for the job, after the time, or when the signal aborts. */
  wait(job: string, timeoutMs: number, signal: AbortSignal): Promise<void>
}

export function logSignals(): LogSignals {
  const waiting = new Map<string, Set<() => void>>()
  return {
    wake(job) {
      for (const resume of waiting.get(job) ?? []) resume()
    },
    wait: (job, timeoutMs, signal) =>
      new Promise((resolve) => {
        const those = waiting.get(job) ?? new Set()
        const resume = (): void => {
          clearTimeout(timer)
          signal.removeEventListener('abort', resume)
          those.delete(resume)
          if (those.size === 0) waiting.delete(job)
          resolve()
        }
        const timer = setTimeout(resume, timeoutMs)
        signal.addEventListener('abort', resume, { once: true })
        waiting.set(job, those.add(resume))
        if (signal.aborted) resume()
      }),
  }
}
