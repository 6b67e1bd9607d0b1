/** What went wrong, as the caller sees it; one HTTP status each. */
export const errorKinds = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  too_slow: 408,
  conflict: 409,
  precondition: 412,
  too_large: 413,
  unsupported: 415,
  unprocessable: 422,
  limited: 429,
  headers_too_large: 431,
  bug: 500,
  unavailable: 503,
  timeout: 504,
} as const

export type ErrorKind = keyof typeof errorKinds

/** One thing wrong with an input: where it is (JSON pointer, or file:line:column) and what to do about it. */
export type Problem = { path: string; message: string }

export type AppErrorOptions = {
  /** Said to the caller: what was wrong, where, and what to do. Never a secret, SQL or a stack. */
  detail?: string
  problems?: readonly Problem[]
  /** Extra members of the problem document (RFC 9457 section 3.2), such as `required` on a denial. */
  extensions?: Readonly<Record<string, unknown>>
  retryAfterSeconds?: number
  cause?: unknown
}

/** The one error class: business code throws it, the edge turns it into problem+json. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: string
  readonly kind: ErrorKind
  readonly publicDetail: string
  readonly problems: readonly Problem[]
  readonly extensions: Readonly<Record<string, unknown>>
  readonly retryAfterSeconds: number | undefined

  constructor(kind: ErrorKind, code: string, options: AppErrorOptions = {}) {
    const detail = options.detail ?? code
    super(`${code}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause })
    this.kind = kind
    this.code = code
    this.publicDetail = detail
    this.problems = options.problems ?? []
    this.extensions = options.extensions ?? {}
    this.retryAfterSeconds = options.retryAfterSeconds
  }

  get status(): number {
    return errorKinds[this.kind]
  }

  /** The error as it crosses a process border (an RPC answer): everything public, nothing else. */
  toWire(): WireError {
    return {
      kind: this.kind,
      code: this.code,
      detail: this.publicDetail,
      ...(this.problems.length > 0 && { problems: this.problems }),
      ...(Object.keys(this.extensions).length > 0 && { extensions: this.extensions }),
    }
  }

  static fromWire(wire: WireError): AppError {
    return new AppError(wire.kind in errorKinds ? wire.kind : 'bug', wire.code, wire)
  }
}

export type WireError = {
  kind: ErrorKind
  code: string
  detail: string
  problems?: readonly Problem[]
  extensions?: Readonly<Record<string, unknown>>
}

/** Reads a thrown value as an AppError; what nobody foresaw becomes a `bug` that tells the caller nothing. */
export function asAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  return new AppError('bug', 'platform.bug', {
    detail: 'Something went wrong on our side. The request id leads to the cause in the logs.',
    cause: thrown,
  })
}
