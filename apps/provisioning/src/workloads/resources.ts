import { newId } from '@plinth/kernel'
import { rows, sql, type Executor } from '@plinth/store'
import { keyed, type WorkloadKey } from './store.ts'

export type StoredResource = {
  id: string
  name: string
  kind: string
  externalName: string
  spec: Record<string, unknown>
  /** Sealed, for the purpose that `sealPurpose` names. */
  secrets: string | null
  state: 'pending' | 'ready' | 'missing' | 'removing'
  detail: string | null
  outputs: Record<string, string>
}

const columns = sql`id, name, kind, external_name as "externalName", spec, secrets, state, detail, outputs`

export const sealPurpose = (id: string): string => `resource/${id}`

/** In the order in which they were made. */
export const listResources = (db: Executor, key: WorkloadKey): Promise<StoredResource[]> =>
  rows<StoredResource>(db, sql`select ${columns} from resources where ${keyed(key)} order by created_at, id`)

type NewResource = Pick<StoredResource, 'name' | 'kind' | 'externalName' | 'spec'> & { seal(id: string): string | null }

/** The intent: what it will be called and what will open it, before anything of it is there. */
export async function insertResource(
  db: Executor,
  { project, environment, workload }: WorkloadKey,
  want: NewResource,
): Promise<StoredResource> {
  const id = newId('res')
  const { name, kind, externalName, spec, seal } = want
  const [made] = await rows<StoredResource>(
    db,
    sql`insert into resources (id, project, environment, workload, name, kind, external_name, spec, secrets)
    values (${id}, ${project}, ${environment}, ${workload}, ${name}, ${kind}, ${externalName}, ${JSON.stringify(spec)}::jsonb, ${seal(id)}) returning ${columns}`,
  )
  if (made === undefined) throw new Error('a resource was not inserted')
  return made
}

type ResourceChange = Partial<Pick<StoredResource, 'state' | 'detail' | 'outputs' | 'spec'>>

export async function updateResource(
  db: Executor,
  id: string,
  { state, detail, outputs, spec }: ResourceChange,
): Promise<void> {
  await db.execute(sql`update resources set state = coalesce(${state ?? null}, state), detail = ${detail === undefined ? sql`detail` : detail},
    outputs = coalesce(${outputs === undefined ? null : JSON.stringify(outputs)}::jsonb, outputs),
    spec = coalesce(${spec === undefined ? null : JSON.stringify(spec)}::jsonb, spec) where id = ${id}`)
}

export async function deleteResource(db: Executor, id: string): Promise<void> {
  await db.execute(sql`delete from resources where id = ${id}`)
}
