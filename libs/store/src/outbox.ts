import { subjectOf, type CloudEvent, type EventData, type EventSpec } from '@plinth/contracts'
import { newId } from '@plinth/kernel'
import { sql } from './drizzle.ts'
import type { SQL } from 'drizzle-orm'
import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import type { Executor, Tx } from './database.ts'
import { behindOf, outboxTopic } from './wake.ts'

/** What an event is about, besides its data. */
export type EventFacts<Data> = {
  /** The project it belongs to; `platform` for what belongs to none. */
  project: string
  /** The id of the thing; events of one source, kind and thing keep their order. */
  entity: string
  data: Data
  /** Subject of who caused it: `user:ana`. */
  actor?: string
  /** W3C trace context of the cause. */
  traceparent?: string
}

/** The broker takes 1 MiB with its headers; a fact carries ids and what changed, not the thing itself. */
const bodyBytesMax = 900 * 1024

/** By schema, not by declaration: some declarations are made anew for each event around one schema. */
const validators = new WeakMap<TSchema, Validator>()

function validatorOf(schema: TSchema): Validator {
  const known = validators.get(schema) ?? Compile(schema)
  validators.set(schema, known)
  return known
}

/**
 * Writes a fact to the outbox, in the transaction of the change that it tells of: both come to be, or neither. Append
 * after the change has locked its row; then the order of the facts is the order of the changes. Throws (a bug, not the
 * caller's fault) when the data is not what the contract says or is larger than a message may be.
 */
export async function appendEvent<const Spec extends EventSpec>(
  tx: Tx,
  spec: Spec,
  facts: EventFacts<EventData<Spec>>,
): Promise<void> {
  const row = outboxRow(tx, spec, facts)
  await tx.execute(sql`insert into plinth_outbox (event_id, subject, key, body)
    values (${row.id}, ${row.subject}, ${row.key}, ${row.body})`)
  behindOf(tx).mark(outboxTopic)
}

export type OutboxRow = { id: string; subject: string; key: string; body: string }

/**
 * A fact as the outbox keeps it, for `appendRows`. Throws as `appendEvent` does.
 */
export function outboxRow<const Spec extends EventSpec>(
  executor: Executor,
  spec: Spec,
  { project, entity, data, actor, traceparent }: EventFacts<EventData<Spec>>,
): OutboxRow {
  const validator = validatorOf(spec.data)
  if (!validator.Check(data)) {
    const [first] = validator.Errors(data)
    throw new Error(
      `the data of a ${spec.type} is not what its contract says: ${first?.instancePath ?? ''} ${first?.message ?? ''}`,
    )
  }
  const { clock } = behindOf(executor)
  const event: CloudEvent = {
    specversion: '1.0',
    id: newId('evt'),
    source: `/plinth/${spec.type.split('.')[2] ?? ''}`,
    type: spec.type,
    time: clock.now().toISOString(),
    subject: entity,
    datacontenttype: 'application/json',
    plinthproject: project,
    ...(actor !== undefined && { plinthactor: actor }),
    ...(traceparent !== undefined && { traceparent }),
    data,
  }
  const body = JSON.stringify(event)
  if (Buffer.byteLength(body) > bodyBytesMax) throw new Error(`a ${spec.type} is larger than ${bodyBytesMax} bytes`)
  return { id: event.id, subject: subjectOf(spec.type, project, entity), key: `${project}/${entity}`, body }
}

/**
 * Part of a statement that makes a change by itself, without a transaction around it: inserts the facts where the
 * condition holds, which says that the change was made.
 */
export const appendRows = (facts: readonly OutboxRow[], condition: SQL): SQL =>
  sql`insert into plinth_outbox (event_id, subject, key, body)
    select f.id, f.subject, f.key, f.body from (values ${sql.join(
      facts.map(({ id, subject, key, body }) => sql`(${id}::text, ${subject}::text, ${key}::text, ${body}::text)`),
      sql`, `,
    )}) f (id, subject, key, body) where ${condition}`

/** To be called after such a statement: the relay need not wait for its next look. */
export const wakeOutbox = (executor: Executor): void => behindOf(executor).mark(outboxTopic)
