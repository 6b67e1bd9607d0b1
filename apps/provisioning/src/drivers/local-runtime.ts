import type { Bus } from '@plinth/bus'
import {
  type HostedState,
  hostWorkload,
  observeWorkload,
  removeHostedWorkload,
  type RpcRequest,
} from '@plinth/contracts'
import { AppError } from '@plinth/kernel'
import type { Static } from 'typebox'

export type Wish = RpcRequest<typeof hostWorkload>
export type Hosted = Static<typeof HostedState>

/** Where workloads run: one runner, asked by its name. */
export type LocalRuntime = {
  host(wish: Wish): Promise<void>
  /** `unknown` while the runner does not answer: never taken for `absent`. */
  observe(name: string): Promise<Hosted | 'absent' | 'unknown'>
  /** True once nothing of it is left. Throws while the runner does not answer. */
  remove(name: string): Promise<boolean>
}

export function localRuntime(bus: Pick<Bus, 'ask'>, runner: string): LocalRuntime {
  const options = { instance: runner, timeoutMs: 5_000 }
  return {
    async host(wish) {
      await bus.ask(hostWorkload, wish, options)
    },
    async observe(name) {
      try {
        const answer = await bus.ask(observeWorkload, { name }, options)
        return answer.found ? answer.state : 'absent'
      } catch (error) {
        if (isTransient(error)) return 'unknown'
        throw error
      }
    },
    async remove(name) {
      return (await bus.ask(removeHostedWorkload, { name }, options)).gone
    },
  }
}

/** What may pass by itself: somebody is not there, too slow, or in the middle of another change. */
export const isTransient = (error: unknown): boolean =>
  error instanceof AppError &&
  (['unavailable', 'timeout', 'limited'].includes(error.kind) || error.code === 'platform.conflict')
