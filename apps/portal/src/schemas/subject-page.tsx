import { useQueries, useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { createTwoFilesPatch } from 'diff'
import type { Answer } from '../api/plinth.ts'
import { ask } from '../api/queries.ts'
import { DiffView } from '../changes/diff-view.tsx'
import { CopyButton } from '../ui/copy.tsx'
import { SelectField } from '../ui/field.tsx'
import { Load } from '../ui/load.tsx'
import { Card, Page, Section } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { Ago } from '../ui/time.tsx'

type Version = Answer<'getVersion'>
type Use = Answer<'getDeployedSchemas'>['items'][number]
type UseRow = { component: string; environment: string; how: 'produces' | 'consumes'; version: number; since: string }

/** Registries keep a schema in one line; people read it indented. */
const pretty = (schema: string): string => {
  try {
    return JSON.stringify(JSON.parse(schema), undefined, 2)
  } catch {
    return schema
  }
}

const useColumns: readonly Column<UseRow>[] = [
  { head: 'Component', cell: ({ component }) => component },
  { head: 'Environment', cell: ({ environment }) => environment },
  { head: 'How', cell: ({ how }) => how },
  { head: 'Version', cell: ({ version }) => `v${version}` },
  { head: 'Since', cell: ({ since }) => <Ago at={since} />, right: true },
]

function useRows(project: string, subject: string): readonly UseRow[] {
  const environments = useQuery(ask('listEnvironments', { params: { project } })).data?.items ?? []
  const deployed = useQueries({
    queries: environments.map(({ name }) => ask('getDeployedSchemas', { params: { project, environment: name } })),
  })
  const rowsOf = ({ component, environment, since, produces, consumes }: Use): UseRow[] =>
    (['produces', 'consumes'] as const).flatMap((how) =>
      (how === 'produces' ? produces : consumes)
        .filter((one) => one.subject === subject || one.subject === `${project}/${subject}`)
        .map(({ version }) => ({ component, environment, since, how, version })),
    )
  return deployed.flatMap(({ data }) => data?.items ?? []).flatMap(rowsOf)
}

/** Would the newer one have been accepted after the older? The registry says, with each place that breaks. */
function VerdictOf({ project, subject, version }: { project: string; subject: string; version: Version }) {
  const verdict = useQuery(
    ask('checkCompatibility', { params: { project, subject }, body: { type: version.type, schema: version.schema } }),
  )
  if (verdict.data === undefined) return null
  const { compatible, level, against, incompatibilities } = verdict.data
  return (
    <div className="text-sm">
      <Status
        state={compatible ? 'allowed' : 'failed'}
        text={`v${version.version} ${compatible ? 'fits' : 'does not fit'} what is registered${against === undefined ? '' : ` (v${against})`}, rule ${level}`}
      />
      <ul className="mt-1 ml-5 list-disc">
        {incompatibilities.map(({ rule, path, message }) => (
          <li key={`${rule} ${path}`}>
            <code>{path}</code> {message}
          </li>
        ))}
      </ul>
    </div>
  )
}

function Compare({ versions, project, subject }: { versions: readonly Version[]; project: string; subject: string }) {
  const search = useSearch({ from: '/app/projects/$project/schemas/$subject' })
  const navigate = useNavigate({ from: '/projects/$project/schemas/$subject' })
  const [latest, before] = versions
  const to = versions.find(({ version }) => String(version) === search.to) ?? latest
  const from = versions.find(({ version }) => String(version) === search.from) ?? before
  if (!to) return null
  const options = versions.map(({ version }) => [String(version), `v${version}`] as const)
  const choose = (name: 'from' | 'to') => (value: string) =>
    void navigate({ search: (now) => ({ ...now, [name]: value }), replace: true })
  const diff = from
    ? createTwoFilesPatch(
        `a/${subject}`,
        `b/${subject}`,
        `${pretty(from.schema)}\n`,
        `${pretty(to.schema)}\n`,
        undefined,
        undefined,
        { context: 4 },
      )
    : undefined
  return (
    <>
      {from && (
        <Section title={`What changed from v${from.version} to v${to.version}`}>
          <div className="mb-3 flex flex-wrap items-end gap-4">
            <div className="w-28">
              <SelectField label="From" value={String(from.version)} onChange={choose('from')} options={options} />
            </div>
            <div className="w-28">
              <SelectField label="To" value={String(to.version)} onChange={choose('to')} options={options} />
            </div>
            <VerdictOf project={project} subject={subject} version={to} />
          </div>
          <DiffView diff={diff?.replace(/^=+\n/, '') ?? ''} />
        </Section>
      )}
      <Section
        title={`v${to.version}`}
        aside={
          <>
            id {to.id} · {to.type} · by {to.createdBy.replace(/^user:/, '')}, <Ago at={to.createdAt} />
          </>
        }
      >
        <Card className="overflow-hidden">
          <div className="flex justify-end border-b border-line px-2 py-1">
            <CopyButton text={to.schema} label="Copy the schema" />
          </div>
          <pre tabIndex={0} aria-label={`Schema v${to.version}`} className="max-h-[60vh] overflow-auto p-4 text-xs">
            {pretty(to.schema)}
          </pre>
        </Card>
      </Section>
    </>
  )
}

export function SubjectPage() {
  const { project, subject } = useParams({ from: '/app/projects/$project/schemas/$subject' })
  const versions = useQuery(ask('listVersions', { params: { project, subject } }))
  const uses = useRows(project, subject)
  return (
    <Page
      title={subject}
      lead={versions.data && `${versions.data.items.length} versions`}
      cli={`plinth schema check ${subject} schema.json --project ${project}`}
    >
      <Load of={versions}>{({ items }) => <Compare versions={items} project={project} subject={subject} />}</Load>
      {uses.length > 0 && (
        <Section title="Who uses it, where">
          <Table
            label="Uses"
            columns={useColumns}
            rows={uses}
            id={({ component, environment, how }) => `${component} ${environment} ${how}`}
          />
        </Section>
      )}
    </Page>
  )
}
