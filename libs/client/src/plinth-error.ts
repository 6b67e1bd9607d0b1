import type { Problem } from '@plinth/kernel'

type Fields = {
  status: number
  code: string
  detail: string
  errors?: readonly Problem[]
  requestId?: string
  extensions?: Readonly<Record<string, unknown>>
  retryAfterMs?: number
  cause?: unknown
}

/** A failed call. Decide on `code`, show `detail`, and give `requestId` to whoever looks into the logs. */
export class PlinthError extends Error {
  override readonly name = 'PlinthError'
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errors: readonly Problem[]
  readonly requestId: string | undefined
  /** Further members of the problem document, such as `required` of a denial. */
  readonly extensions: Readonly<Record<string, unknown>>
  readonly retryAfterMs: number | undefined

  constructor(fields: Fields) {
    super(fields.detail, fields.cause === undefined ? undefined : { cause: fields.cause })
    this.status = fields.status
    this.code = fields.code
    this.detail = fields.detail
    this.errors = fields.errors ?? []
    this.requestId = fields.requestId
    this.extensions = fields.extensions ?? {}
    this.retryAfterMs = fields.retryAfterMs
  }
}

/** The error of an answer that is no success; reads the body. */
export async function errorOf(response: Response): Promise<PlinthError> {
  const text = await response.text().catch(() => '')
  const document = parse(text)
  const retryAfterMs = retryAfter(response.headers.get('retry-after'))
  const more = retryAfterMs === undefined ? {} : { retryAfterMs }
  if (document !== undefined) return problemError(document, response.status, more)
  return new PlinthError({
    status: response.status,
    code: 'client.unexpected_answer',
    detail: `The server answered ${response.status} without saying why; something between you and the platform may have answered for it.`,
    ...more,
  })
}

/** The error that a problem document (RFC 9457) describes. */
export function problemError(
  document: Readonly<Record<string, unknown>>,
  status: number,
  more: Partial<Fields> = {},
): PlinthError {
  const { type: _type, title, status: _status, code, detail, instance, errors, ...extensions } = document
  return new PlinthError({
    status,
    code: typeof code === 'string' ? code : 'client.unexpected_answer',
    detail: [detail, title].find((text) => typeof text === 'string') ?? `The server answered ${status}.`,
    errors: Array.isArray(errors) ? (errors as Problem[]) : [],
    ...(typeof instance === 'string' && { requestId: instance }),
    extensions,
    ...more,
  })
}

export const unreachable = (url: string, cause: unknown): PlinthError =>
  new PlinthError({
    status: 0,
    code: 'client.unreachable',
    detail: `${new URL(url).origin} can't be reached; check that the platform runs there and that the network lets you through.`,
    cause,
  })

export const tooLate = (url: string, limitMs: number): PlinthError =>
  new PlinthError({
    status: 0,
    code: 'client.timeout',
    detail: `${new URL(url).origin} gave no answer within ${Math.round(limitMs / 1_000)} s; the work may still be done: look before you repeat it.`,
  })

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'code' in value ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** `Retry-After` in seconds or as a date (RFC 9110 section 10.2.3), as milliseconds from now. */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000)
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}
