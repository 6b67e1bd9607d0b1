import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { CopyButton } from '../../ui/copy.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Load } from '../../ui/load.tsx'
import { Card, Section } from '../../ui/page.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { pretty } from '../shared/layout-text.ts'
import { Tags } from '../shared/tags.tsx'
import { VersionSelect } from './version-select.tsx'

type Documentation = Answer<'getSchemaDocumentation'>
type Field = Documentation['fields'][number]

/** What a field lies in is quiet, so that its own name is read first. */
function Path({ path }: { path: string }) {
  const at = path.lastIndexOf('.') + 1
  return (
    <code className="wrap-anywhere">
      <span className="text-quiet">{path.slice(0, at)}</span>
      {path.slice(at)}
    </code>
  )
}

const columns: readonly Column<Field>[] = [
  { head: 'Field', cell: ({ path }) => <Path path={path} /> },
  { head: 'Type', cell: ({ type }) => <code className="text-xs">{type}</code> },
  { head: 'Required', cell: ({ required }) => (required ? 'yes' : 'no'), wide: true },
  { head: 'Default', cell: (field) => field.default !== undefined && <code className="text-xs">{field.default}</code>, wide: true }, // prettier-ignore
  { head: 'Says', cell: ({ doc }) => doc ?? <span className="text-quiet">nothing said</span>, className: 'min-w-48' },
  { head: 'Tags', cell: ({ tags }) => <Tags tags={tags} />, wide: true },
]

function References({ project, references }: Pick<Documentation, 'project' | 'references'>) {
  if (references.length === 0) return null
  return (
    <Section title="Refers to">
      <ul className="text-sm">
        {references.map(({ name, subject, version }) => (
          <li key={name}>
            <code>{name}</code> is{' '}
            <Link
              to="/projects/$project/schemas/$subject"
              params={{ project, subject }}
              search={{ version: String(version) }}
              className="underline decoration-line-strong underline-offset-2 hover:text-accent"
            >
              {subject} v{version}
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Text({ project, subject, version }: Pick<Documentation, 'project' | 'subject' | 'version'>) {
  const found = useQuery(ask('getVersion', { params: { project, subject, version: String(version) } }))
  return (
    <Section title="As it is registered" aside={found.data && `id ${found.data.id}`}>
      <Load of={found} lines={4}>
        {({ schema }) => (
          <Card className="overflow-hidden">
            <div className="flex justify-end border-b border-line px-2 py-1">
              <CopyButton text={schema} label="Copy the schema" />
            </div>
            <pre tabIndex={0} aria-label={`Schema v${version}`} className="max-h-[60vh] overflow-auto p-4 text-xs">
              {pretty(schema)}
            </pre>
          </Card>
        )}
      </Load>
    </Section>
  )
}

/** A version as documentation: each field with what is said of it, what it refers to, and the text itself. */
export function ContractTab() {
  const from = '/app/projects/$project/schemas/$subject/' as const
  const { project, subject } = useParams({ from })
  const { version = 'latest' } = useSearch({ from })
  const navigate = useNavigate({ from: '/projects/$project/schemas/$subject/' })
  const found = useQuery(ask('getSchemaDocumentation', { params: { project, subject, version } }))
  return (
    <Load of={found}>
      {(data) => (
        <>
          <div className="mb-6 flex flex-wrap items-end gap-4">
            <VersionSelect
              project={project}
              subject={subject}
              label="Version"
              value={String(data.version)}
              onChange={(value) => void navigate({ search: { version: value }, replace: true })}
            />
            <div className="min-w-0 flex-1 basis-64">
              {data.title !== undefined && <p className="font-medium">{data.title}</p>}
              {data.doc !== undefined && <p className="text-quiet">{data.doc}</p>}
            </div>
          </div>
          <Section title="Fields" aside={`${data.fields.length}`}>
            {data.fields.length === 0 ? (
              <Empty title="No fields">The schema names none; its text below says what it allows.</Empty>
            ) : (
              <Table label="Fields" columns={columns} rows={data.fields} id={({ path }) => path} />
            )}
          </Section>
          <References project={project} references={data.references} />
          <Text project={project} subject={subject} version={data.version} />
        </>
      )}
    </Load>
  )
}
