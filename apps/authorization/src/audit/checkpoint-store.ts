import type { Checkpoint, LedgerBase, PartitionHead } from '@plinth/kernel/audit'
import { canonicalJson } from '@plinth/kernel/audit'
import { rows, sql, type Executor, type Tx } from '@plinth/store'

type Statement = { statement: string }
export type SealedHead = PartitionHead & { place: number }

const read = <T>({ statement }: Statement): T => JSON.parse(statement) as T

/** Those after a sequence, oldest first. */
export async function checkpointsAfter(executor: Executor, after: number, limit: number): Promise<Checkpoint[]> {
  const found = await rows<Statement>(
    executor,
    sql`select statement from audit_checkpoints where sequence > ${after} order by sequence limit ${limit}`,
  )
  return found.map((row) => read<Checkpoint>(row))
}

/** Newest first, before a sequence where there is one. */
export async function listCheckpoints(
  executor: Executor,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<Checkpoint[]> {
  const found = await rows<Statement>(
    executor,
    sql`select statement from audit_checkpoints where ${before === undefined ? sql`true` : sql`sequence < ${before}`}
      order by sequence desc limit ${limit}`,
  )
  return found.map((row) => read<Checkpoint>(row))
}

/** The sequence of the newest checkpoint (0 where there is none), and the heads that were there when it was made. */
export async function newestCheckpoint(executor: Executor): Promise<{ upTo: number; heads: PartitionHead[] }> {
  const [found] = await rows<{ upTo: number; heads: PartitionHead[] }>(
    executor,
    sql`select coalesce((select max(sequence) from audit_checkpoints), 0)::float8 as "upTo", coalesce((
      select jsonb_agg(jsonb_build_object('partition', partition, 'entries', entries, 'head', head) order by place)
      from audit_sealed), '[]'::jsonb) as heads`,
  )
  return found ?? { upTo: 0, heads: [] }
}

/** The newest that was made before an instant. */
export async function checkpointBefore(executor: Executor, instant: Date): Promise<Checkpoint | undefined> {
  const [found] = await rows<Statement>(
    executor,
    sql`select statement from audit_checkpoints where at < ${instant.toISOString()} order by at desc, sequence desc limit 1`,
  )
  return found && read<Checkpoint>(found)
}

export const insertCheckpoint = (tx: Tx, checkpoint: Checkpoint) =>
  tx.execute(sql`insert into audit_checkpoints (sequence, at, statement)
    values (${checkpoint.sequence}, ${checkpoint.at}, ${canonicalJson(checkpoint)})`)

export async function readBase(executor: Executor): Promise<LedgerBase | undefined> {
  const [found] = await rows<Statement>(executor, sql`select statement from audit_base`)
  return found && read<LedgerBase>(found)
}

/** From now on entries up to the base may be deleted. */
export async function setBase(tx: Tx, base: LedgerBase): Promise<void> {
  await tx.execute(sql`insert into audit_base (checkpoint, statement) values (${base.checkpoint}, ${canonicalJson(base)})
    on conflict (one) do update set checkpoint = excluded.checkpoint, statement = excluded.statement`)
  await tx.execute(sql`insert into audit_anchors (partition, entries)
    select partition, entries from jsonb_to_recordset(${JSON.stringify(base.partitions)}::jsonb) as head(partition text, entries bigint)
    on conflict (partition) do update set entries = excluded.entries`)
}

/** The heads as of the newest checkpoint, in the order of the tree. */
export const sealedHeads = (executor: Executor): Promise<SealedHead[]> =>
  rows<SealedHead>(
    executor,
    sql`select partition, place, entries::float8 as entries, head from audit_sealed order by place`,
  )

/** Partitions that have grown since the newest checkpoint, those that it knew first. */
export const grownHeads = (executor: Executor, limit: number): Promise<PartitionHead[]> =>
  rows<PartitionHead>(
    executor,
    sql`select partition, audit_partitions.sequence::float8 as entries, audit_partitions.hash as head
      from audit_partitions left join audit_sealed using (partition)
      where audit_partitions.sequence > coalesce(audit_sealed.entries, 0)
      order by audit_sealed.place nulls last, partition limit ${limit}`,
  )

export const setSealed = (tx: Tx, heads: readonly SealedHead[]) =>
  tx.execute(sql`insert into audit_sealed (partition, place, entries, head)
    select partition, place, entries, head from jsonb_to_recordset(${JSON.stringify(heads)}::jsonb)
      as sealed(partition text, place integer, entries bigint, head text)
    on conflict (partition) do update set entries = excluded.entries, head = excluded.head`)
