import type { AccessIndex } from '@plinth/access'
import type { Worker } from '@plinth/kernel'
import type { Admitted } from '../policy/admit.ts'

type Open = { admitted: Admitted; close(): void }

export type OpenStreams = {
  /** Notes a stream that stays open; returns what takes it off again. */
  add(admitted: Admitted, close: () => void): () => void
  worker: Worker
}

const sweepMs = 1_000

type Parts = {
  policy: { onChange(listener: () => void): void; current(forWriting: boolean): AccessIndex }
  ended: { onEnd(listener: (credentialId: string) => void): void }
  now: () => number
}

/**
 * Streams without an end outlive the decision that opened them. Each is decided on again when the policy changes, and
 * every second, and closed when its credential is withdrawn or expires.
 */
export function openStreams({ policy, ended, now }: Parts): OpenStreams {
  const open = new Set<Open>()
  const closeWhere = (isOver: (entry: Open) => boolean): void => {
    for (const entry of open) if (isOver(entry)) entry.close()
  }
  const closeForbidden = (): void => {
    if (open.size === 0) return
    const index = policy.current(false)
    closeWhere(({ admitted }) => !admitted.isStillAllowed(index))
  }
  policy.onChange(closeForbidden)
  ended.onEnd((credentialId) => closeWhere(({ admitted }) => admitted.caller?.identity.credentialId === credentialId))
  let timer: NodeJS.Timeout | undefined
  return {
    add(admitted, close) {
      const entry = { admitted, close }
      open.add(entry)
      return () => void open.delete(entry)
    },
    worker: {
      name: 'watch open streams',
      start() {
        timer = setInterval(() => {
          closeWhere(({ admitted }) => (admitted.caller?.expiresAtMs ?? Infinity) <= now())
          // A binding that ends by its own time changes no policy.
          closeForbidden()
        }, sweepMs)
      },
      stop() {
        clearInterval(timer)
        closeWhere(() => true)
        return Promise.resolve()
      },
    },
  }
}
