import type { ExportItem, PartitionHead } from '@plinth/kernel/audit'
import type { Db } from '@plinth/store'
import { checkpointsAfter, readBase } from './checkpoint-store.ts'
import { entriesIn, ledgerEntry, type Range } from './store.ts'

const checkpointsAtOnce = 100
const entriesAtOnce = 2_000

type Step = Range | Extract<ExportItem, { checkpoint: unknown }>

/**
 * The ledger up to a checkpoint, a batch at a time, in the order in which it is verified: the base, and always the
 * entries that a checkpoint covers before it; then, where `ends` are given, what came since, up to them.
 */
export async function* readLedger(
  db: Db,
  { only, upTo, ends = [] }: { only?: string | undefined; upTo: number; ends?: readonly PartitionHead[] },
): AsyncGenerator<ExportItem[]> {
  const base = await readBase(db)
  if (base !== undefined) yield [{ base }]
  const covered = new Map(base?.partitions.map(({ partition, entries }) => [partition, entries]))
  const rangesOf = (heads: readonly PartitionHead[]): Range[] =>
    heads
      .filter(({ partition }) => only === undefined || partition === only)
      .flatMap(({ partition, entries }) => {
        const from = (covered.get(partition) ?? 0) + 1
        covered.set(partition, entries)
        return [...pieces({ partition, from, to: entries })]
      })
  let after = base?.checkpoint ?? 0
  while (after < upTo) {
    const found = await checkpointsAfter(db, after, checkpointsAtOnce)
    if (found.length === 0) break
    const wanted = found.filter(({ sequence }) => sequence <= upTo)
    yield* itemsOf(
      db,
      wanted.flatMap((checkpoint) => [...rangesOf(checkpoint.partitions), { checkpoint }]),
    )
    after = found.at(-1)?.sequence ?? after
  }
  yield* itemsOf(db, rangesOf(ends))
}

function* pieces({ partition, from, to }: Range): Generator<Range> {
  for (let start = from; start <= to; start += entriesAtOnce)
    yield { partition, from: start, to: Math.min(to, start + entriesAtOnce - 1) }
}

async function* itemsOf(db: Db, steps: readonly Step[]): AsyncGenerator<ExportItem[]> {
  let batch: Step[] = []
  let size = 0
  for (const step of steps) {
    const more = 'checkpoint' in step ? 0 : step.to - step.from + 1
    if (size + more > entriesAtOnce && batch.length > 0) {
      yield await read(db, batch)
      batch = []
      size = 0
    }
    batch.push(step)
    size += more
  }
  if (batch.length > 0) yield read(db, batch)
}

async function read(db: Db, steps: readonly Step[]): Promise<ExportItem[]> {
  const ranges = steps.filter((step): step is Range => !('checkpoint' in step))
  const found = ranges.length === 0 ? [] : await entriesIn(db, ranges)
  const byRange = Map.groupBy(found, ({ range }) => range)
  let index = 0
  return steps.flatMap((step): ExportItem[] =>
    'checkpoint' in step ? [step] : (byRange.get(index++) ?? []).map((row) => ({ entry: ledgerEntry(row) })),
  )
}
