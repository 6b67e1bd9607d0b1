import type { CloudEvent, EventSource, RpcRequest, RpcResponse, RpcSpec } from '@plinth/contracts'
import type { HealthCheck, PublishEvents } from '@plinth/kernel'

export type AskOptions = {
  /** Addresses one answerer of several, such as a runner by its name. */
  instance?: string
  timeoutMs?: number
  signal?: AbortSignal
}

export type FollowOptions = {
  sources: readonly EventSource[]
  /** The cursor of the last event that the reader has; without it, only what happens from now on. */
  fromSequence?: string
  /** A NATS subject pattern, such as `plinth.gitops.repository.>` or `plinth.*.*.*.*.payments.>`. */
  filter?: string
  signal: AbortSignal
}

export type FollowedEvent = { event: CloudEvent; cursor: string }

export type Bus = {
  /** Stores events; order is kept per `key`. Rejects with `platform.unavailable` after 45 s: call again, same ids. */
  publish: PublishEvents
  health: HealthCheck
  /** Makes the stream of a source what it should be, now and whenever the broker has lost it. */
  ensureStream(source: EventSource): Promise<void>
  /** Asks and waits. Errors of the answerer arrive as the AppError that it threw. */
  ask<R extends RpcSpec>(spec: R, request: RpcRequest<R>, options?: AskOptions): Promise<RpcResponse<R>>
  /** A nudge that may be lost; never on a subject that a stream of facts records. */
  notify(subject: string, data: unknown): void
  follow(options: FollowOptions): AsyncIterable<FollowedEvent>
  /** Waits for what is under way, at most 5 s, and disconnects. */
  close(): Promise<void>
}
