import type { Plan, PlannedChange } from '@plinth/contracts'
import type { Static } from 'typebox'
import { mustFindComponent } from '../components/store.ts'
import type { Parts } from '../parts.ts'
import { mustFindEnvironment, mustFindProject } from '../projects/store.ts'
import { readWorkloadSpec, type WorkloadSpec } from '../score/workload-spec.ts'
import type { DesiredWorkload } from './desired.ts'
import { askGate } from './gate.ts'
import { listResources, type StoredResource } from './resources.ts'
import { findWorkload, mustFindDeployment, type Artifact } from './store.ts'

type Change = Static<typeof PlannedChange>
type Fields = Record<string, string>

/** What setting it would change, field by field, and what the gate says; touches nothing. */
export const planWorkload =
  ({ store, bus, drivers }: Pick<Parts, 'store' | 'bus' | 'drivers'>) =>
  async (want: DesiredWorkload): Promise<Static<typeof Plan>> => {
    const { project, environment, workload, component, revision, score, artifact } = want
    const kinds = [...drivers.values()]
    const spec = readWorkloadSpec(score, workload, kinds)
    await mustFindProject(store.db, project)
    await mustFindEnvironment(store.db, project, environment)
    await mustFindComponent(store.db, { project, component })
    const row = await findWorkload(store.db, { project, environment, workload })
    const current =
      row === undefined || row.accepted === null ? undefined : await mustFindDeployment(store.db, row, row.accepted)
    const before =
      current &&
      fieldsOf(
        readWorkloadSpec(current.score, workload, kinds),
        current.revision,
        current.artifact,
        row?.replicas ?? null,
      )
    const after = fieldsOf(spec, revision, artifact ?? null, null)
    const resources = row === undefined ? [] : await listResources(store.db, row)
    return {
      changes: [...resourceChanges(spec, resources), workloadChange(workload, before, after)],
      gate: await askGate({ bus }, { project, environment, component }, spec),
    }
  }

function resourceChanges({ resources: wanted }: WorkloadSpec, there: readonly StoredResource[]): Change[] {
  const made = wanted.map(({ name, kind, params }): Change => {
    const known = there.find((resource) => resource.name === name && resource.kind === kind)
    const fields = known === undefined ? [] : differences(flat('params', known.spec), flat('params', params))
    const action = known === undefined ? 'create' : fields.length > 0 ? 'update' : 'none'
    return { action, kind, name, summary: summaryOf(action, kind, name), fields }
  })
  const gone = there.filter(
    ({ name, kind }) => !wanted.some((resource) => resource.name === name && resource.kind === kind),
  )
  return [
    ...made,
    ...gone.map(({ kind, name }): Change => ({
      action: 'delete',
      kind,
      name,
      summary: summaryOf('delete', kind, name),
      fields: [],
    })),
  ]
}

function workloadChange(name: string, before: Fields | undefined, after: Fields): Change {
  const fields = differences(before ?? {}, after)
  const action = before === undefined ? 'create' : fields.length > 0 ? 'update' : 'none'
  return { action, kind: 'workload', name, summary: summaryOf(action, 'workload', name), fields }
}

function summaryOf(action: Change['action'], kind: string, name: string): string {
  const what = kind === 'postgres' ? `database '${name}'` : `${kind} '${name}'`
  if (action === 'delete') return kind === 'postgres' ? `Drop the ${what} and all that is in it` : `Remove the ${what}`
  return { create: `Create the ${what}`, update: `Change the ${what}`, none: `Leave the ${what} as it is` }[action]
}

/** What a person compares. Variables with their placeholders: what is filled in is nobody's to read. */
function fieldsOf(spec: WorkloadSpec, revision: string, artifact: Artifact | null, replicas: number | null): Fields {
  const { command, variables, readiness, memoryLimitBytes, produces, consumes } = spec
  const uses = (list: WorkloadSpec['produces']): string =>
    list.map(({ subject, version }) => `${subject}:${version}`).join(', ')
  return {
    revision,
    ...(artifact !== null && { artifact: artifact.sha256 }),
    replicas: String(replicas ?? spec.replicas),
    command: command.join(' '),
    'readiness.path': readiness.path,
    ...(memoryLimitBytes !== undefined && { memoryLimitBytes: String(memoryLimitBytes) }),
    ...(produces.length > 0 && { produces: uses(produces) }),
    ...(consumes.length > 0 && { consumes: uses(consumes) }),
    ...Object.fromEntries(Object.entries(variables).map(([name, value]) => [`variables.${name}`, value])),
  }
}

const flat = (path: string, value: unknown): Fields =>
  value !== null && typeof value === 'object'
    ? Object.assign({}, ...Object.entries(value).map(([name, item]) => flat(`${path}.${name}`, item)))
    : { [path]: String(value) }

function differences(before: Fields, after: Fields): Change['fields'] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return paths
    .filter((path) => before[path] !== after[path])
    .map((path) => {
      const [was, is] = [before[path], after[path]]
      return { path, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) }
    })
}
