import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { Load } from '../../ui/load.tsx'
import { Subject } from '../../ui/names.tsx'
import { Card, Section } from '../../ui/page.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { Status, StatusShape } from '../../ui/status.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'

type Impact = Answer<'impactOfChangeSet'>
type Turn = Impact['decisions'][number]
type Affected = Impact['subjects'][number]

const number = new Intl.NumberFormat('en')
const rightsShown = 8

const columns: readonly Column<Turn>[] = [
  {
    head: 'Turns to',
    cell: ({ after }) => <Status state={after} tone={after === 'deny' ? 'failed' : 'healthy'} text={after === 'deny' ? 'denied' : 'allowed'} />, // prettier-ignore
  },
  { head: 'Who', cell: ({ subject }) => <Subject value={subject} link /> },
  {
    head: 'What',
    cell: ({ subject, action, object, domain, lastAt }) => (
      <Link
        to="/access/explain"
        search={{ subject, action, object, domain, at: lastAt }}
        className="font-mono text-xs hover:text-accent hover:underline"
      >
        {action} {object} in {domain}
      </Link>
    ),
  },
  { head: 'Times', cell: ({ count }) => <span className="numeric">{number.format(count)}</span>, right: true },
  { head: 'Last', cell: ({ lastAt }) => <Ago at={lastAt} />, right: true, wide: true },
]

function Rights({ sign, rights }: { sign: 'gains' | 'loses'; rights: readonly string[] }) {
  if (rights.length === 0) return <span className="hidden sm:block" />
  return (
    <ul className="flex flex-col gap-0.5">
      {rights.slice(0, rightsShown).map((right) => (
        <li key={right} className="flex gap-2 text-xs">
          <span aria-hidden="true" className={sign === 'gains' ? 'text-healthy' : 'text-failed'}>
            {sign === 'gains' ? '+' : '−'}
          </span>
          <span className="sr-only">{sign}</span>
          <code className="min-w-0 break-words">{right}</code>
        </li>
      ))}
      {rights.length > rightsShown && (
        <li className="pl-4 text-xs text-quiet">and {rights.length - rightsShown} more</li>
      )}
    </ul>
  )
}

function People({ subjects }: { subjects: readonly Affected[] }) {
  return (
    <Card>
      <ul>
        {subjects.map(({ subject, gains, loses }) => (
          <li
            key={subject}
            className="grid gap-x-6 gap-y-1 border-b border-line px-4 py-2.5 last:border-0 sm:grid-cols-[200px_1fr_1fr]"
          >
            <Subject value={subject} link />
            <Rights sign="gains" rights={gains} />
            <Rights sign="loses" rights={loses} />
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Tests({ tests }: { tests: Impact['tests'] }) {
  const failed = tests.items.filter(({ passed }) => !passed)
  return (
    <Section
      title="Policy tests"
      aside={
        <Link to="/access/tests" className="text-accent hover:underline">
          All tests
        </Link>
      }
    >
      {tests.passed + tests.failed === 0 ? (
        <p className="text-quiet">None are written yet; a test keeps a decision as it is.</p>
      ) : tests.failed === 0 ? (
        <Status state="passed" text={`All ${tests.passed} hold`} />
      ) : (
        <Card>
          <ul>
            {failed.map(({ name, expected, got, reason }) => (
              <li key={name} className="flex items-start gap-2 border-b border-line px-4 py-2.5 last:border-0">
                <StatusShape tone="failed" className="mt-[3px]" />
                <span className="min-w-0">
                  {name}: <span className="text-quiet">expected {expected}, would be</span> {got}
                  <span className="block text-sm text-quiet">{reason}</span>
                </span>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </Section>
  )
}

function Numbers({ impact: { examined, changed, subjects, tests } }: { impact: Impact }) {
  const facts = [
    ['decisions were made', number.format(examined), ''],
    ['of them would turn', number.format(changed), changed > 0 ? 'text-degraded' : ''],
    ['subjects gain', number.format(subjects.filter(({ gains }) => gains.length > 0).length), ''],
    ['subjects lose', number.format(subjects.filter(({ loses }) => loses.length > 0).length), ''],
    ['tests fail', number.format(tests.failed), tests.failed > 0 ? 'text-failed' : ''],
  ] as const
  return (
    <dl className="mb-4 flex flex-wrap gap-x-8 gap-y-2">
      {facts.map(([text, value, look]) => (
        <div key={text} className="flex flex-col-reverse">
          <dt className="text-xs text-quiet">{text}</dt>
          <dd className={`numeric text-xl font-semibold ${look}`}>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

type Props = { changeSet: string; days: number; onDays: (days: number) => void }

/** What it would have changed, had it been in force: decisions that were really made, and everybody whose rights change. */
export function ImpactView({ changeSet, days, onDays }: Props) {
  const impact = useQuery({
    ...ask('impactOfChangeSet', { params: { changeSet }, body: { days } }),
    placeholderData: (before) => before,
  })
  return (
    <>
      <Section
        title="Impact"
        aside={
          <Segmented
            label="Days to look back"
            value={String(days)}
            onChange={(value) => onDays(Number(value))}
            options={[
              ['1', '1 day'],
              ['7', '7 days'],
              ['30', '30 days'],
            ]}
          />
        }
      >
        <Load of={impact}>
          {(known) => (
            <>
              <Numbers impact={known} />
              {known.notes.map((note) => (
                <p key={note} role="note" className="mb-3 flex items-start gap-2 text-sm">
                  <StatusShape tone="degraded" className="mt-[3px]" /> {note}
                </p>
              ))}
              {known.decisions.length === 0 ? (
                <p className="text-quiet">No decision of these days would turn.</p>
              ) : (
                <Table
                  label="Decisions that turn"
                  columns={columns}
                  rows={known.decisions}
                  id={({ subject, action, object, domain }) => `${subject} ${action} ${object} ${domain}`}
                />
              )}
            </>
          )}
        </Load>
      </Section>
      {impact.data && impact.data.subjects.length > 0 && (
        <Section title="Whose rights change" aside={impact.data.subjects.length}>
          <People subjects={impact.data.subjects} />
        </Section>
      )}
      {impact.data && <Tests tests={impact.data.tests} />}
    </>
  )
}
