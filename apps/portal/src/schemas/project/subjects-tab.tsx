import { subjectLifecycles, type SubjectLifecycle } from '@plinth/contracts'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import type { Answer } from '../../api/plinth.ts'
import { askPages } from '../../api/queries.ts'
import { Empty } from '../../ui/empty.tsx'
import { FilterInput, FilterSelect } from '../../ui/field.tsx'
import { Count, Listing } from '../../ui/listing.tsx'
import type { Column } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { Lifecycle } from '../shared/lifecycle.tsx'
import { Tags } from '../shared/tags.tsx'

type Subject = Answer<'listSubjects'>['items'][number]
type Hit = Answer<'searchProjectSchemas'>['items'][number]

const SubjectLink = ({ project, subject }: { project: string; subject: string }) => (
  <Link
    to="/projects/$project/schemas/$subject"
    params={{ project, subject }}
    className="font-medium break-all hover:text-accent"
  >
    {subject}
  </Link>
)

const columns: readonly Column<Subject>[] = [
  { head: 'Subject', cell: ({ project, name }) => <SubjectLink project={project} subject={name} /> },
  { head: 'Type', cell: ({ type }) => type },
  { head: 'Compatibility', cell: ({ compatibility }) => compatibility, wide: true },
  { head: 'Latest', cell: ({ latestVersion }) => `v${latestVersion}`, right: true },
  { head: 'Changed', cell: ({ updatedAt }) => <Ago at={updatedAt} />, right: true },
]

/** Where the words were found, but for the name, which is beside it. */
function Found({ matches }: Pick<Hit, 'matches'>) {
  const elsewhere = matches.filter((match) => match.in !== 'subject').slice(0, 3)
  return (
    <ul className="text-xs text-quiet">
      {elsewhere.map(({ in: where, path, text }) => (
        <li key={`${where} ${path ?? ''} ${text}`} className="wrap-anywhere">
          {where === 'field' || where === 'field-doc' ? (
            <code className="text-ink">{path ?? text}</code>
          ) : (
            `${where}: ${text}`
          )}
          {where === 'field-doc' && ` ${text}`}
        </li>
      ))}
    </ul>
  )
}

const hitColumns: readonly Column<Hit>[] = [
  {
    head: 'Subject',
    cell: ({ project, subject, doc }) => (
      <>
        <SubjectLink project={project} subject={subject} />
        {doc !== undefined && <p className="line-clamp-2 text-xs text-quiet">{doc}</p>}
      </>
    ),
  },
  { head: 'Found in', cell: ({ matches }) => <Found matches={matches} /> },
  { head: 'Type', cell: ({ type }) => type, wide: true },
  { head: 'State', cell: ({ lifecycle }) => <Lifecycle state={lifecycle} />, wide: true },
  { head: 'Tags', cell: ({ tags }) => <Tags tags={tags} />, wide: true },
  { head: 'Latest', cell: ({ version }) => `v${version}`, right: true },
]

const lifecycleOf = (word: string | undefined): SubjectLifecycle | undefined =>
  subjectLifecycles.find((one) => one === word)

type Search = { q?: string | undefined; lifecycle?: string | undefined; tag?: string | undefined }

function Hits({ project, search: { q, lifecycle, tag } }: { project: string; search: Search }) {
  const state = lifecycleOf(lifecycle)
  const found = useInfiniteQuery({
    ...askPages('searchProjectSchemas', {
      params: { project },
      query: {
        limit: 100,
        ...(q !== undefined && { q }),
        ...(state && { lifecycle: state }),
        ...(tag !== undefined && { tag }),
      },
    }),
    placeholderData: keepPreviousData,
  })
  const rows = found.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <>
      <Count of={found} shown={rows.length} one="subject" />
      <Listing
        of={found}
        label="Subjects found"
        columns={hitColumns}
        rows={rows}
        id={({ subject }) => subject}
        empty={
          <Empty title="Nothing has these words">
            All of them must be there: in the name, the fields, the documentation, a tag or the owner.
          </Empty>
        }
      />
    </>
  )
}

function All({ project }: { project: string }) {
  const subjects = useInfiniteQuery(askPages('listSubjects', { params: { project }, query: { limit: 200 } }))
  return (
    <Listing
      of={subjects}
      label="Subjects"
      columns={columns}
      rows={subjects.data?.pages.flatMap(({ items }) => items) ?? []}
      id={({ name }) => name}
      empty={
        <Empty title="No schema yet">
          Register the first one from a pipeline:{' '}
          <code>plinth schema register order-placed schemas/order-placed.json --project {project}</code>
        </Empty>
      }
    />
  )
}

export function SubjectsTab() {
  const from = '/app/projects/$project/schemas/' as const
  const { project } = useParams({ from })
  const search = useSearch({ from })
  const navigate = useNavigate({ from: '/projects/$project/schemas/' })
  const set = (name: keyof Search) => (value: string) =>
    void navigate({ search: (now) => ({ ...now, [name]: value === '' ? undefined : value }), replace: true })
  const searching = Object.values(search).some((value) => value !== undefined)
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <FilterInput label="Search names, fields, docs, owners" value={search.q ?? ''} onChange={set('q')} />
        <FilterSelect
          label="State"
          value={search.lifecycle ?? ''}
          onChange={set('lifecycle')}
          options={subjectLifecycles}
        />
        {search.tag !== undefined && (
          <FilterSelect label="Tag" value={search.tag} onChange={set('tag')} options={[search.tag]} />
        )}
      </div>
      {searching ? <Hits project={project} search={search} /> : <All project={project} />}
    </>
  )
}
