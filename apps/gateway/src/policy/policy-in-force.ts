import type { AccessIndex } from '@plinth/access'
import { failure } from '@plinth/contracts'
import type { Clock, HealthCheck } from '@plinth/kernel'

export type PolicyInForce = {
  /** The newest policy; throws `platform.unavailable` before the first, and for writes when it may be out of date. */
  current(forWriting: boolean): AccessIndex
  /** The newest policy whatever its age; undefined before the first. */
  index(): AccessIndex | undefined
  /** Undefined before the first. */
  revision(): number | undefined
  /** Takes the place of the one before, and tells whoever listens. */
  replace(index: AccessIndex): void
  /** Authorization was heard of: the policy is as good as new. */
  confirm(): void
  onChange(listener: () => void): void
  health: HealthCheck
}

/** The policy that decides now, and how long ago authorization vouched for it. */
export function policyInForce(clock: Clock, staleSeconds: number): PolicyInForce {
  const listeners: (() => void)[] = []
  let index: AccessIndex | undefined
  let confirmedAtMs = Number.NEGATIVE_INFINITY
  const isStale = (): boolean => clock.monotonicMs() - confirmedAtMs > staleSeconds * 1_000
  const confirm = (): void => {
    confirmedAtMs = clock.monotonicMs()
  }
  return {
    current(forWriting) {
      if (index === undefined)
        throw failure('platform.unavailable', { detail: 'The access policy is not loaded yet; try again in a moment.' })
      if (forWriting && isStale()) {
        throw failure('platform.unavailable', {
          detail: 'The access policy may be out of date, so nothing can be changed just now; reading still works.',
        })
      }
      return index
    },
    index: () => index,
    revision: () => index?.revision,
    replace(newer) {
      index = newer
      confirm()
      for (const listener of listeners) listener()
    },
    confirm,
    onChange: (listener) => void listeners.push(listener),
    health: {
      name: 'policy',
      check: () => (index === undefined ? Promise.reject(new Error('no policy yet')) : Promise.resolve()),
    },
  }
}
