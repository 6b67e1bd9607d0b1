const perMinute = 600
const windowMs = 60_000
const subjectsMax = 10_000

type Window = { startMs: number; offered: number; taken: number }

/** How much of what is offered is looked at: a subject's flood costs no more than a subject's share. */
export function sampleBudget(nowMs: () => number) {
  const windows = new Map<string, Window>()
  return {
    /** Of `offered` payloads, how many to check; and what part of its messages the sender should send from now on. */
    take(subject: string, offered: number): { taken: number; sampleRate: number } {
      const now = nowMs()
      let window = windows.get(subject)
      if (window === undefined || now - window.startMs >= windowMs) {
        if (windows.size >= subjectsMax) windows.clear()
        window = { startMs: now, offered: 0, taken: 0 }
        windows.set(subject, window)
      }
      const taken = Math.min(offered, perMinute - window.taken)
      window.offered += offered
      window.taken += taken
      const rate = window.offered <= perMinute ? 1 : perMinute / window.offered
      return { taken, sampleRate: Math.max(0.001, Math.round(rate * 1000) / 1000) }
    },
  }
}
