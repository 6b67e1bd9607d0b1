import { failure, type ErrorCode } from '@plinth/contracts'
import { AppError, asAppError } from '@plinth/kernel'

/** SQLSTATE (PostgreSQL appendix A) to the code that the caller sees; a class of two letters stands for all of it. */
const codes: Readonly<Record<string, ErrorCode>> = {
  '08': 'platform.unavailable', // connection exceptions
  '53': 'platform.unavailable', // out of connections, memory, disk
  '57': 'platform.unavailable', // shut down, starting up, terminated by an administrator
  '57014': 'platform.timeout', // statement_timeout, or cancelled
  '55P03': 'platform.timeout', // lock_timeout
  '25P03': 'platform.timeout', // idle_in_transaction_session_timeout
  '25006': 'platform.unavailable', // a standby: the failover is not through yet
  '40001': 'platform.conflict', // serialization failure
  '40P01': 'platform.conflict', // deadlock
  '23505': 'platform.conflict', // unique violation
  '23P01': 'platform.conflict', // exclusion violation
  '23514': 'platform.request_invalid', // check constraint
  '22': 'platform.request_invalid', // data exceptions: a NUL byte, a number out of range, text that is too long
}

const connectionErrors = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT',
]) // prettier-ignore

const answerTimeout = 'Query read timeout'
/** pg has no codes for what its own side sees; these are the beginnings of its messages. */
const connectionMessages = [
  'Connection terminated', 'timeout exceeded when trying to connect', 'Client has encountered a connection error',
  'Client was closed', 'Cannot use a pool after calling end',
] // prettier-ignore

const causeChain = function* (error: unknown): Generator<Error & { code?: unknown; detail?: unknown }> {
  let current = error
  for (let depth = 0; depth < 8 && current instanceof Error; depth++) {
    yield current
    current = current.cause
  }
}

/** The SQLSTATE of a failed statement, through drizzle's and our own wrapping; undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  for (const { code } of causeChain(error)) {
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code)) return code
  }
  return undefined
}

/** True for a unique violation, of the named constraint or index where one is given. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (sqlState(error) !== '23505') return false
  if (constraint === undefined) return true
  for (const link of causeChain(error)) if ('constraint' in link && link.constraint === constraint) return true
  return false
}

/** True where the same transaction, run again, may well succeed: serialization failure or deadlock. */
export const isRetryable = (error: unknown): boolean => ['40001', '40P01'].includes(sqlState(error) ?? '')

/**
 * What a caller may know of a database error; the error itself, with its SQL, stays behind as the cause, for the log,
 * but without the values of the statement: they may be secrets. An AppError passes as it is; an error that has nothing
 * to do with the database becomes a bug.
 */
export function mapDatabaseError(error: unknown): AppError {
  for (const link of causeChain(error)) withoutValues(link)
  for (const link of causeChain(error)) if (link instanceof AppError) return link
  const state = sqlState(error)
  if (state === '23503') return failure(foreignKeyCode(error), { cause: error })
  if (state !== undefined) {
    const code = codes[state] ?? codes[state.slice(0, 2)]
    return code === undefined ? asAppError(error) : failure(code, { cause: error })
  }
  for (const { message } of causeChain(error)) {
    if (message.startsWith(answerTimeout)) return failure('platform.timeout', { cause: error })
  }
  if (isConnectionFailure(error)) return failure('platform.unavailable', { cause: error, retryAfterSeconds: 1 })
  return asAppError(error)
}

/**
 * Takes out of an error what drizzle and PostgreSQL quote of a statement's values: the parameters, which are in the
 * text, too, and the row that a constraint refused.
 */
function withoutValues(error: Error & { params?: unknown; detail?: unknown }): void {
  if (Array.isArray(error.params)) {
    const [text = ''] = error.message.split('\nparams: ')
    error.stack = error.stack?.replace(error.message, () => text) ?? ''
    error.message = text
    error.params = []
  }
  if (typeof error.detail === 'string') error.detail = error.detail.replace(/\(.*\)/s, '(…)')
}

/** True when the connection is gone, or silent, as far as this side can see. */
export function isConnectionFailure(error: unknown): boolean {
  for (const { code, message } of causeChain(error)) {
    if (typeof code === 'string' && connectionErrors.has(code)) return true
    if (connectionMessages.some((beginning) => message.startsWith(beginning))) return true
  }
  return false
}

/** Deleting what others refer to is a conflict; referring to what is not there is a thing not found. */
function foreignKeyCode(error: unknown): ErrorCode {
  for (const { detail } of causeChain(error)) {
    if (typeof detail === 'string' && detail.includes('still referenced')) return 'platform.conflict'
  }
  return 'platform.not_found'
}
