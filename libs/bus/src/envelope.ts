import { failure, type CloudEvent, type EventSpec } from '@plinth/contracts'
import type { IncomingEvent } from '@plinth/kernel'
import { StringCodec } from 'nats'
import { checkOf } from './schema.ts'

const utf8 = StringCodec()
const rawTextMax = 10_000

/** A message from a stream, freed from the client library. */
export type Received = {
  subject: string
  stream: string
  sequence: number
  messageId: string | undefined
  attempt: number
  data: Uint8Array
}

/** `plinth.gitops.repository.pushed.v1.<project>.<id>` is of type `dev.plinth.gitops.repository.pushed.v1`. */
export const typeOfSubject = (subject: string): string => `dev.${subject.split('.').slice(0, 5).join('.')}`

/** Events of one thing: the same source, entity, project and id. */
export function laneOfSubject(subject: string): string {
  const [, source, entity, , , project, id] = subject.split('.')
  return `${source}.${entity}.${project}.${id}`
}

/** The CloudEvent in a message; throws `platform.request_invalid` when it is none. */
export function parseCloudEvent(data: Uint8Array): CloudEvent {
  let parsed: unknown
  try {
    parsed = JSON.parse(utf8.decode(data))
  } catch (error) {
    throw failure('platform.request_invalid', { detail: 'The event is not JSON.', cause: error })
  }
  if (!isCloudEvent(parsed)) throw failure('platform.request_invalid', { detail: 'The event is no CloudEvent 1.0.' })
  return parsed
}

function isCloudEvent(value: unknown): value is CloudEvent {
  if (typeof value !== 'object' || value === null) return false
  const fields = value as Record<string, unknown>
  const texts = ['id', 'source', 'type', 'time', 'subject', 'plinthproject']
  return fields['specversion'] === '1.0' && texts.every((name) => typeof fields[name] === 'string') && 'data' in fields
}

/** The event as a handler gets it, its data checked against its schema; throws naming each place that is wrong. */
export function readEvent(
  spec: EventSpec,
  message: Received,
): { event: IncomingEvent; traceparent: string | undefined } {
  const { id, type, source, time, subject, plinthproject, plinthactor, traceparent, data } = parseCloudEvent(
    message.data,
  )
  if (type !== spec.type) {
    throw failure('platform.request_invalid', {
      detail: `An event of type ${type} came on the subject of ${spec.type}.`,
    })
  }
  const check = checkOf(spec.data)
  if (!check.isValid(data)) {
    const problems = check.problems(data)
    const places = problems.map(({ path, message: wrong }) => `${path || '/'} ${wrong}`).join('; ')
    throw failure('platform.request_invalid', { detail: `The data of the event is wrong: ${places}`, problems })
  }
  const event: IncomingEvent = {
    id,
    type,
    source,
    time,
    project: plinthproject,
    entity: subject,
    data,
    attempt: message.attempt,
    ...(plinthactor !== undefined && { actor: plinthactor }),
  }
  return { event, traceparent }
}

/** What can be said of a message that is no event, so that a person can look at it. */
export function unreadableEvent(message: Received): IncomingEvent {
  const [, source = 'unknown', , , , project = 'platform', entity = 'unknown'] = message.subject.split('.')
  return {
    id: message.messageId ?? `${message.stream}.${message.sequence}`,
    type: typeOfSubject(message.subject),
    source,
    time: new Date().toISOString(),
    project,
    entity,
    data: readableBody(message.data),
    attempt: message.attempt,
  }
}

function readableBody(data: Uint8Array): unknown {
  const text = utf8.decode(data)
  try {
    return JSON.parse(text) as unknown
  } catch {
    return { text: text.slice(0, rawTextMax).replaceAll('\u0000', '\uFFFD') }
  }
}
