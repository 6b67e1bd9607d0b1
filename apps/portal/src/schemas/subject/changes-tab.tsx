import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { Empty } from '../../ui/empty.tsx'
import { Load } from '../../ui/load.tsx'
import { Section } from '../../ui/page.tsx'
import { Status } from '../../ui/status.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Breaks } from '../shared/breaks.tsx'
import { SideBySide } from '../shared/side-by-side.tsx'
import { VersionSelect } from './version-select.tsx'

type Difference = Answer<'diffSchemaVersions'>
type Change = Difference['fields'][number]

const tones = { added: 'healthy', removed: 'failed', changed: 'degraded' } as const

function Was({ change: { change, before, after, changed } }: { change: Change }) {
  if (change === 'added') return <code className="text-xs">{after?.type}</code>
  if (change === 'removed') return <code className="text-xs">{before?.type}</code>
  return (
    <ul className="text-xs">
      {changed.map((what) => (
        <li key={what}>
          {what}: <code className="text-quiet">{String(before?.[what] ?? 'none')}</code> →{' '}
          <code>{String(after?.[what] ?? 'none')}</code>
        </li>
      ))}
    </ul>
  )
}

const columns: readonly Column<Change>[] = [
  { head: 'Field', cell: ({ path }) => <code className="wrap-anywhere">{path}</code> },
  { head: 'Change', cell: ({ change }) => <Status state={change} tone={tones[change]} /> },
  { head: 'What', cell: (change) => <Was change={change} /> },
]

function Direction({ title, of }: { title: string; of: Difference['backward'] }) {
  return (
    <div className="flex min-w-0 flex-1 basis-80 flex-col gap-2">
      <p className="flex items-center gap-1.5 text-sm font-medium">
        <Status state={of.compatible ? 'allowed' : 'failed'} text={of.compatible ? `${title}: yes` : `${title}: no`} />
      </p>
      <Breaks of={of.incompatibilities} />
    </div>
  )
}

function Differences({ difference }: { difference: Difference }) {
  const { from, to, fields, backward, forward, lines, linesTruncated } = difference
  return (
    <>
      <Section title="Who reads whom">
        <div className="flex flex-wrap gap-6">
          <Direction title={`v${to.version} reads what v${from.version} wrote (backward)`} of={backward} />
          <Direction title={`v${from.version} reads what v${to.version} writes (forward)`} of={forward} />
        </div>
      </Section>
      {fields.length > 0 && (
        <Section title="Fields that differ">
          <Table label="Fields that differ" columns={columns} rows={fields} id={({ path }) => path} />
        </Section>
      )}
      <Section title={`What changed from v${from.version} to v${to.version}`}>
        <SideBySide label={`v${from.version} and v${to.version}`} lines={lines} truncated={linesTruncated} />
      </Section>
    </>
  )
}

/** Two versions beside each other: their text, their fields, and whether each reads what the other writes. */
export function ChangesTab() {
  const at = '/app/projects/$project/schemas/$subject/changes' as const
  const { project, subject } = useParams({ from: at })
  const search = useSearch({ from: at })
  const navigate = useNavigate({ from: '/projects/$project/schemas/$subject/changes' })
  const versions = useQuery(ask('listVersions', { params: { project, subject } }))
  const [latest, before] = versions.data?.items ?? []
  const from = search.from ?? String(before?.version ?? '')
  const to = search.to ?? String(latest?.version ?? '')
  const enough = from !== '' && to !== ''
  const found = useQuery({ ...ask('diffSchemaVersions', { params: { project, subject }, query: { from, to } }), enabled: enough }) // prettier-ignore
  const choose = (name: 'from' | 'to') => (value: string) =>
    void navigate({ search: (now) => ({ ...now, [name]: value }), replace: true })
  if (versions.data && !enough)
    return (
      <Empty title="One version only">
        As soon as there is a second one, they stand here beside each other, with what the change means for readers.
      </Empty>
    )
  return (
    <>
      <div className="mb-6 flex flex-wrap items-end gap-4">
        <VersionSelect project={project} subject={subject} label="From" value={from} onChange={choose('from')} />
        <VersionSelect project={project} subject={subject} label="To" value={to} onChange={choose('to')} />
      </div>
      <Load of={found}>{(difference) => <Differences difference={difference} />}</Load>
    </>
  )
}
