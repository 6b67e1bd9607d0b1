/**
 * The interfaces by which the libraries meet without importing one another: `store` relays what `bus` publishes,
 * `service` asks for what `store` keeps. A composition root (an app's `app.ts`) joins them.
 */

export type Fields = Readonly<Record<string, unknown>>

/** Object first, then a sentence, as pino has it. */
export type Logger = {
  debug(fields: Fields, message?: string): void
  info(fields: Fields, message?: string): void
  warn(fields: Fields, message?: string): void
  error(fields: Fields, message?: string): void
  child(fields: Fields): Logger
}

/** Who asks. Built by the gateway, signed on the way, and the first argument of every use case. */
export type Identity = {
  /** `user:ana`, `sa:payments/ledger`, `job:payments/pip_…`; never empty. */
  subject: string
  /** The subject and the groups that its credential itself vouches for; group membership in the policy comes on top. */
  subjects: readonly string[]
  displayName: string
  /** The session or token behind this request: ends with it. */
  credentialId: string
  /** Facts that the credential vouches for, such as the deployment that a workload's token was made for. */
  claims: Readonly<Record<string, string>>
  /** The address that the gateway saw, for bindings that hold in some networks only. */
  address?: string
  /** What the credential is narrowed to, of all that its subjects may do; absent: all of it. */
  scopes?: { action: string; object: string; domain: string }[]
  requestId: string
}

/** An event as it leaves the outbox: a CloudEvent, ready for the wire. */
export type OutgoingEvent = {
  /** CloudEvents `id`; also the message id that the broker dedupes by. */
  id: string
  subject: string
  /** Events of one key keep their order. */
  key: string
  body: string
}

/** Resolves when the broker has stored all of them; the caller retries with the same ids until it does. */
export type PublishEvents = (events: readonly OutgoingEvent[]) => Promise<void>

/** An event as a consumer sees it. */
export type IncomingEvent<Data = unknown> = {
  id: string
  type: string
  source: string
  time: string
  /** Subject of the audited actor, where there is one. */
  actor?: string
  project: string
  /** The id of the thing that it is about. */
  entity: string
  data: Data
  /** 1 at the first try. */
  attempt: number
}

/** A part that runs beside the requests: started once all is ready, stopped before the connections close. */
export type Worker = {
  name: string
  start(): Promise<void> | void
  /** Resolves once nothing of it runs any more. */
  stop(): Promise<void>
}

/** A dependency that readiness asks about by a real round trip; throws when it is not there. */
export type HealthCheck = { name: string; check(signal: AbortSignal): Promise<void> }

/** Keeps the first answer to a creating request, so that a repeat gets the same one (Idempotency-Key). */
export type IdempotencyStore = {
  /** Claims the key; `replay` holds the first answer where there is one, `busy` says that the first still runs. */
  begin(
    scope: string,
    key: string,
    requestHash: string,
  ): Promise<
    { state: 'new' } | { state: 'busy' } | { state: 'mismatch' } | { state: 'replay'; status: number; body: string }
  >
  finish(scope: string, key: string, status: number, body: string): Promise<void>
  /** The request failed in a way that a repeat may mend: the key is free again. */
  abandon(scope: string, key: string): Promise<void>
}

export type DeadLetter = {
  id: string
  consumer: string
  eventId: string
  eventType: string
  subject: string
  error: string
  attempts: number
  createdAt: string
  body: unknown
}

/**
 * Once in effect: `once` runs the work in a transaction that also notes the event id, and does nothing when that id
 * was noted before; `bury` keeps what can't be handled, for a person to look at and replay.
 */
export type Inbox<Tx> = {
  once(consumer: string, event: IncomingEvent, work: (tx: Tx) => Promise<void>): Promise<'done' | 'duplicate'>
  bury(consumer: string, event: IncomingEvent, error: unknown): Promise<void>
}
