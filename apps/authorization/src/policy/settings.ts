import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'

export type PolicySettings = { approvalsNeeded: number; updatedAt: string; updatedBy: string }

/** How many others must approve a change; 0 lets everybody change the policy as far as his rights go. */
export async function readSettings(executor: Executor): Promise<PolicySettings> {
  const [found] = await rows<PolicySettings>(
    executor,
    sql`select approvals_needed as "approvalsNeeded", ${isoTime(sql`updated_at`)} as "updatedAt",
      updated_by as "updatedBy" from policy_settings`,
  )
  if (found === undefined) throw new Error('policy_settings has lost its one row')
  return found
}

export const writeSettings = (tx: Tx, approvalsNeeded: number, by: string, now: Date) =>
  tx.execute(sql`update policy_settings set approvals_needed = ${approvalsNeeded},
    updated_at = ${now.toISOString()}::timestamptz, updated_by = ${by}`)
