import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'

export type ConstraintRow = {
  id: string
  kind: 'sod' | 'sodMax' | 'roleMax' | 'rolePre'
  /** As the policy names them: `role:developer`. */
  roles: string[]
  max?: number
  description: string
  createdBy: string
  createdAt: string
}

/** All constraints; in a transaction that holds the policy still, those that its changes must keep. */
export async function loadConstraints(executor: Executor): Promise<ConstraintRow[]> {
  const found = await rows<Omit<ConstraintRow, 'max'> & { max: number | null }>(
    executor,
    sql`select id, kind, roles, max, description, created_by as "createdBy", ${isoTime(sql`created_at`)} as "createdAt"
      from constraints order by id`,
  )
  return found.map(({ max, ...constraint }) => ({ ...constraint, ...(max !== null && { max }) }))
}

/** False when there is an equal one. */
export async function insertConstraint(tx: Tx, constraint: ConstraintRow): Promise<boolean> {
  const { id, kind, roles, max, description, createdAt, createdBy } = constraint
  const made = await tx.execute(sql`insert into constraints (id, kind, roles, max, description, created_at, created_by)
    values (${id}, ${kind}, ${JSON.stringify(roles)}::jsonb, ${max ?? null}, ${description}, ${createdAt}::timestamptz,
      ${createdBy})
    on conflict do nothing`)
  return made.rowCount === 1
}

export async function deleteConstraint(tx: Tx, id: string): Promise<ConstraintRow | undefined> {
  const found = (await loadConstraints(tx)).find((constraint) => constraint.id === id)
  if (found !== undefined) await tx.execute(sql`delete from constraints where id = ${id}`)
  return found
}
