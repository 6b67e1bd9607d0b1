import type { Static, TSchema } from 'typebox'

/** What publishes facts: the services, and the gateway for what it denied. */
export type EventSource =
  | 'gateway'
  | 'authorization'
  | 'provisioning'
  | 'gitops'
  | 'schemas'
  | 'pipelines'
  | 'telemetry'

/** `dev.plinth.<source>.<entity>.<fact>.v<major>`; entity and fact are kebab-case. */
export type EventType = `dev.plinth.${string}.${string}.${string}.v${number}`

export type EventSpec<Data extends TSchema = TSchema> = {
  type: EventType
  summary: string
  data: Data
  example: Static<Data>
}

/** Declares a fact, once: its schema, an example that tests replay, and by its type its subject. */
export const event = <const Type extends EventType, Data extends TSchema>(
  spec: EventSpec<Data> & { type: Type },
): EventSpec<Data> & { type: Type } => spec

export type EventData<E extends EventSpec> = Static<E['data']>

/** The parts of an event type: source `gitops`, entity `repository`, fact `pushed`, major `v1`. */
export function eventParts(type: string): { source: string; entity: string; fact: string; major: string } {
  const [, , source, entity, fact, major] = type.split('.')
  if (!source || !entity || !fact || !major) throw new Error(`'${type}' is no event type`)
  return { source, entity, fact, major }
}

/** `plinth.<source>.<entity>.<fact>.<major>.<project>.<id>`; a token that NATS would read as more is made one. */
export function subjectOf(type: string, project: string, id: string): string {
  const { source, entity, fact, major } = eventParts(type)
  return ['plinth', source, entity, fact, major, subjectToken(project), subjectToken(id)].join('.')
}

/** The subject of every event of a type: `plinth.gitops.repository.pushed.v1.>`. */
export function subjectFilter(type: string): string {
  const { source, entity, fact, major } = eventParts(type)
  return `plinth.${source}.${entity}.${fact}.${major}.>`
}

/** The stream that holds a source's facts: `PLINTH_GITOPS`. */
export const streamOf = (source: string): string => `PLINTH_${source.toUpperCase()}`

const subjectToken = (value: string): string => value.replace(/[^A-Za-z0-9_-]/g, '_') || '_'

export type CloudEvent<Data = unknown> = {
  specversion: '1.0'
  id: string
  source: string
  type: string
  time: string
  subject: string
  datacontenttype: 'application/json'
  /** Extension: the project, `platform` for what belongs to none. */
  plinthproject: string
  /** Extension: who caused it. */
  plinthactor?: string
  traceparent?: string
  data: Data
}
