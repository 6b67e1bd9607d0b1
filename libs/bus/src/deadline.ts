import { failure } from '@plinth/contracts'

/** The result, or `platform.timeout` after the time, or the reason of the abort; whichever comes first. */
export function withDeadline<T>(work: Promise<T>, timeoutMs: number, signal?: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const settle = (end: () => void): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
      end()
    }
    const aborted = (): void => settle(() => reject(signal?.reason as Error))
    const timer = setTimeout(() => settle(() => reject(failure('platform.timeout'))), timeoutMs)
    work.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    )
    if (signal?.aborted) aborted()
    else signal?.addEventListener('abort', aborted, { once: true })
  })
}
