import { failure, type Component as ComponentSchema } from '@plinth/contracts'
import { isoTime, rows, sql, type Executor } from '@plinth/store'
import type { Static } from 'typebox'
import type { SeedFile } from '../scaffolding/vendor.ts'

export type ComponentKey = { project: string; component: string }
export type Component = Static<typeof ComponentSchema>
export type RepositoryState = 'none' | 'asked' | 'made' | 'foreign'
export type StoredComponent = Component & { operation: string; repositoryState: RepositoryState }
export type Scaffold = { message: string; authorName: string; actor: string; files: SeedFile[] }

const view = sql`project, name, kind, template, description, owner, lifecycle, tags, repository, state, operation,
  ${isoTime(sql`created_at`)} as "createdAt", created_by as "createdBy"`
const keyed = ({ project, component }: ComponentKey) => sql`project = ${project} and name = ${component}`

type NewComponent = Omit<Component, 'createdAt' | 'state' | 'operation'> & {
  operation: string
  parameters: unknown
  scaffold: Scaffold
}

/** Throws provisioning.component_exists. */
export async function insertComponent(db: Executor, want: NewComponent): Promise<void> {
  const {
    project,
    name,
    kind,
    template,
    description,
    owner,
    lifecycle,
    tags,
    repository,
    operation,
    createdBy,
    scaffold,
  } = want
  const result = await db.execute(sql`
    insert into components (project, name, kind, template, description, owner, lifecycle, tags, repository, state, operation, parameters, created_by)
    values (${project}, ${name}, ${kind}, ${template ?? null}, ${description}, ${owner}, ${lifecycle}, ${sql.param(tags)}::text[], ${repository}, 'creating', ${operation},
      ${JSON.stringify(want.parameters)}::jsonb, ${createdBy}) on conflict do nothing`)
  if (result.rowCount !== 1) throw componentExists(want.project, want.name)
  await db.execute(sql`insert into scaffolds (project, component, message, author_name, actor, files)
    values (${project}, ${name}, ${scaffold.message}, ${scaffold.authorName}, ${scaffold.actor}, ${JSON.stringify(scaffold.files)}::jsonb)`)
}

export const componentExists = (project: string, name: string) =>
  failure('provisioning.component_exists', { detail: `The project '${project}' has a component '${name}'.` })

export async function findComponent(
  db: Executor,
  key: ComponentKey,
  lock: 'lock' | 'read' = 'read',
): Promise<StoredComponent | undefined> {
  const [found] = await rows<StoredComponent>(
    db,
    sql`select ${view}, repository_state as "repositoryState" from components
    where ${keyed(key)} ${lock === 'lock' ? sql`for update` : sql``}`,
  )
  return found
}

/** Throws provisioning.component_unknown. */
export async function mustFindComponent(
  db: Executor,
  key: ComponentKey,
  lock: 'lock' | 'read' = 'read',
): Promise<StoredComponent> {
  const found = await findComponent(db, key, lock)
  if (found === undefined)
    throw failure('provisioning.component_unknown', {
      detail: `There is no component '${key.component}' in the project '${key.project}'.`,
    })
  return found
}

/** As the world sees it. */
export function viewComponent({ repositoryState: _state, template, ...rest }: StoredComponent): Component {
  return { ...rest, ...(typeof template === 'string' && { template }) }
}

type Listing = {
  projects: readonly string[]
  search: string | undefined
  after: readonly [project: string, name: string]
  limit: number
}

/** By project and name, those after `after`; `search` is part of a name or description. */
export const listComponents = (
  db: Executor,
  { projects, search, after: [project, name], limit }: Listing,
): Promise<StoredComponent[]> =>
  rows<StoredComponent>(
    db,
    sql`select ${view}, repository_state as "repositoryState" from components
    where project = any(${sql.param([...projects])}::text[]) and (project, name) > (${project}, ${name})
      and ${search === undefined ? sql`true` : sql`strpos(lower(name || ' ' || description), lower(${search})) > 0`}
    order by project, name limit ${limit}`,
  )

export async function setComponentState(
  db: Executor,
  key: ComponentKey,
  state: Component['state'],
  operation?: string,
): Promise<void> {
  await db.execute(
    sql`update components set state = ${state}, operation = coalesce(${operation ?? null}, operation) where ${keyed(key)}`,
  )
}

export async function setRepositoryState(db: Executor, key: ComponentKey, state: RepositoryState): Promise<void> {
  await db.execute(sql`update components set repository_state = ${state} where ${keyed(key)}`)
}

export async function findScaffold(db: Executor, { project, component }: ComponentKey): Promise<Scaffold | undefined> {
  const [found] = await rows<Scaffold>(
    db,
    sql`select message, author_name as "authorName", actor, files from scaffolds
    where project = ${project} and component = ${component}`,
  )
  return found
}

export async function removeScaffold(db: Executor, { project, component }: ComponentKey): Promise<void> {
  await db.execute(sql`delete from scaffolds where project = ${project} and component = ${component}`)
}

export async function deleteComponentRow(db: Executor, key: ComponentKey): Promise<void> {
  await db.execute(sql`delete from components where ${keyed(key)}`)
}
