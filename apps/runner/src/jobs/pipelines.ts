import type { Bus } from '@plinth/bus'
import {
  appendJobLog,
  claimJob,
  finishJob,
  heartbeatJob,
  type JobAssignment,
  type RpcRequest,
  type RpcResponse,
} from '@plinth/contracts'
import type { Static } from 'typebox'

export type Assignment = Static<typeof JobAssignment>
export type Attempt = { job: string; attempt: number; runner: string }
export type Finish = Omit<RpcRequest<typeof finishJob>, keyof Attempt>

/** What a runner asks of the pipelines service; each call may fail with an AppError and be made again. */
export type Pipelines = {
  claim(attempt: Attempt): Promise<RpcResponse<typeof claimJob>>
  heartbeat(attempt: Attempt): Promise<RpcResponse<typeof heartbeatJob>>
  appendLog(attempt: Attempt, offset: number, text: string): Promise<RpcResponse<typeof appendJobLog>>
  finish(attempt: Attempt, how: Finish): Promise<RpcResponse<typeof finishJob>>
}

export const pipelinesOver = (bus: Bus): Pipelines => ({
  claim: (attempt) => bus.ask(claimJob, attempt),
  heartbeat: (attempt) => bus.ask(heartbeatJob, attempt, { timeoutMs: 2_000 }),
  appendLog: (attempt, offset, text) => bus.ask(appendJobLog, { ...attempt, offset, text }),
  finish: (attempt, how) => bus.ask(finishJob, { ...attempt, ...how }),
})
