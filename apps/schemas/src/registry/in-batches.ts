type Waiting<Key, Value> = { key: Key; resolve(value: Value): void; reject(error: unknown): void }

/** So many batches are asked for at once at the most; the next one gathers meanwhile. */
const underWayMax = 3

/**
 * Asks for many things at once what many ask for one by one: while some questions are under way, the next ones gather
 * and then go together. `load` answers in the order of its keys; where it fails, all of that batch do.
 */
export function inBatches<Key, Value>(
  load: (keys: readonly Key[]) => Promise<readonly Value[]>,
  batchMax = 64,
): (key: Key) => Promise<Value> {
  const waiting: Waiting<Key, Value>[] = []
  let underWay = 0

  async function run(): Promise<void> {
    const batch = waiting.splice(0, batchMax)
    underWay++
    try {
      const values = await load(batch.map(({ key }) => key))
      if (values.length !== batch.length) throw new Error('a batch was not answered as it was asked')
      for (const [at, value] of values.entries()) batch[at]?.resolve(value)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      underWay--
      next()
    }
  }

  function next(): void {
    while (waiting.length > 0 && underWay < underWayMax) void run()
  }

  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject })
      // What comes in by the same turn of the event loop goes together.
      if (waiting.length === 1) setImmediate(next)
    })
}
