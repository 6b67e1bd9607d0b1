import { pause } from '@plinth/kernel'
import { request } from 'undici'

const everyMs = 100

/** Asks until the answer is 2xx or the signal aborts; says which. One try waits 2 s at most. */
export async function becomesReady(port: number, path: string, signal: AbortSignal): Promise<boolean> {
  for (; !signal.aborted; await pause(everyMs, signal)) {
    try {
      const answer = await request(`http://127.0.0.1:${port}${path}`, {
        headers: { 'user-agent': 'plinth-readiness' },
        signal: AbortSignal.any([signal, AbortSignal.timeout(2_000)]),
      })
      await answer.body.dump()
      if (answer.statusCode >= 200 && answer.statusCode < 300) return true
    } catch {
      // Not listening yet, or not able to answer yet.
    }
  }
  return false
}
