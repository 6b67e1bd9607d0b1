export type { Answer, Ask, Handlers, ServerSentEvent } from './ask.ts'
export { confluentError, confluentPath, confluentType } from './confluent-error.ts'
export { deadLetterHandlers, type DeadLetterStore } from './dead-letters.ts'
export type { RenderError } from './error-handling.ts'
export {
  anonymous,
  deadlineHeader,
  identityHeader,
  identityLifetimeSeconds,
  identityVerifier,
  signIdentity,
  verifyIdentity,
} from './identity.ts'
export { createLogger, requestLineWriter, type RequestLines } from './logger.ts'
export { leaveBody } from './leave-body.ts'
export { problemDocument, problemType, publicError, retryAfterSeconds } from './problem.ts'
export { runService, type Running } from './run.ts'
export { frame } from './sse.ts'
export { service, type RunningService, type ServiceOptions } from './service.ts'
export { baseSettings } from './settings.ts'
export { startTracing, type RequestSpan, type Tracing } from './tracing.ts'
