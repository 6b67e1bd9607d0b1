import type { policySteps, RpcResponse } from '@plinth/contracts'
import { rows, sql, type Executor } from '@plinth/store'

type Steps = RpcResponse<typeof policySteps>

/** More than these are slower to take one by one than the whole policy is at once. */
const stepsMax = 1_000
/** All of them are one message; the broker takes 8 MiB. */
const bytesMax = 4 * 1024 * 1024

/**
 * The steps from a revision to the one that stands, in order and without a gap; `complete: false` and none of them when
 * some are not kept, are too many, or the revision is one that was never reached here (a backup was restored).
 */
export async function stepsAfter(executor: Executor, after: number): Promise<Steps> {
  const [found] = await rows<{ revision: number; steps: Steps['steps'] }>(
    executor,
    sql`select revision::float8 as revision, (
        select coalesce(json_agg(step order by at_revision), '[]') from (
          select revision as at_revision, step, sum(octet_length(step::text)) over (order by revision) as bytes
          from policy_revisions where revision > ${after} order by revision limit ${stepsMax}) as kept
        where bytes <= ${bytesMax}) as steps
      from policy_revision`,
  )
  const { revision, steps } = found ?? { revision: 0, steps: [] }
  const complete = steps.length === revision - after && steps.every((step, at) => step.revision === after + 1 + at)
  return { revision, complete, steps: complete ? steps : [] }
}
