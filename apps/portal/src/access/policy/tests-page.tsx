import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Load } from '../../ui/load.tsx'
import { Subject, Where } from '../../ui/names.tsx'
import { ProblemView } from '../../ui/problem-view.tsx'
import { say } from '../../ui/say.ts'
import { Status } from '../../ui/status.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { type PolicyTest, TestDialog } from './test-dialog.tsx'
import { TestsToolbar } from './tests-toolbar.tsx'

type Result = Answer<'runPolicyTests'>['items'][number]
type Row = { test: PolicyTest; index: number; result: Result | undefined }

const columnsWith = (onEdit: (index: number) => void, onRemove: (index: number) => void): readonly Column<Row>[] => [
  {
    head: 'Result',
    cell: ({ result }) =>
      result === undefined ? (
        <Status state="waiting" text="not run" />
      ) : (
        <span title={result.reason}>
          <Status state={result.passed ? 'passed' : 'failed'} text={result.passed ? 'holds' : `is ${result.got}`} />
        </span>
      ),
  },
  {
    head: 'What it keeps',
    cell: ({ test, index, result }) => (
      <>
        <button type="button" onClick={() => onEdit(index)} className="text-left font-medium hover:text-accent">
          {test.name}
        </button>
        {result?.passed === false && <span className="block text-xs text-quiet">{result.reason}</span>}
      </>
    ),
  },
  {
    head: 'Who',
    cell: ({ test }) => (
      <span className="flex flex-col">
        {test.subjects.map((subject) => (
          <Subject key={subject} value={subject} />
        ))}
      </span>
    ),
    wide: true,
  },
  {
    head: 'Does',
    cell: ({ test: { action, object, domain } }) => (
      <span className="flex flex-wrap items-center gap-x-1.5">
        <code className="text-xs">
          {action} {object}
        </code>
        <span className="text-quiet">in</span> <Where domain={domain} />
      </span>
    ),
    wide: true,
  },
  { head: 'Expect', cell: ({ test }) => test.expect },
  {
    head: 'Remove',
    cell: ({ test, index }) => (
      <Button small look="quiet" aria-label={`Remove “${test.name}”`} onClick={() => onRemove(index)}>
        <Icon name="close" size={14} />
      </Button>
    ),
    right: true,
  },
]

function Tests({ kept }: { kept: readonly PolicyTest[] }) {
  const [tests, setTests] = useState(kept)
  const [editing, setEditing] = useState<number | 'new'>()
  const changed = JSON.stringify(tests) !== JSON.stringify(kept)
  const run = useAction('runPolicyTests', { quiet: true })
  const save = useAction('updatePolicyTests', {
    quiet: true,
    stale: ['getPolicyTests', 'impactOfChangeSet', 'getChangeSet'],
    done: ({ items }) => `${items.length} tests are kept from now on`,
  })
  const results = new Map(run.data?.items.map((result) => [result.name, result]))
  const set = (next: readonly PolicyTest[]): void => {
    setTests(next)
    run.reset()
  }
  const remove = (index: number): void => {
    const before = tests
    set(tests.filter((_, at) => at !== index))
    say({ tone: 'healthy', text: `“${before[index]?.name ?? ''}” is out`, undo: () => set(before) })
  }
  const rows = tests.map((test, index) => ({ test, index, result: results.get(test.name) }))
  const error = run.error ?? save.error
  return (
    <>
      <TestsToolbar
        tests={tests}
        changed={changed}
        run={run.data}
        running={run.isPending}
        saving={save.isPending}
        onNew={() => setEditing('new')}
        onRun={() => run.mutate({ body: { tests: [...tests] } })}
        onSave={() => save.mutate({ body: { items: [...tests] } })}
      />
      {error !== null && <ProblemView error={error} />}
      {tests.length === 0 ? (
        <Empty title="No test yet" action={<Button onClick={() => setEditing('new')}>Write the first</Button>}>
          Say what must never change: <em>a developer never deploys to production: deny</em>. No change set is applied
          that breaks it.
        </Empty>
      ) : (
        <Table label="Policy tests" columns={columnsWith(setEditing, remove)} rows={rows} id={({ index }) => index} />
      )}
      {editing !== undefined && (
        <TestDialog
          test={editing === 'new' ? undefined : tests[editing]}
          onClose={() => setEditing(undefined)}
          onSave={(test) => {
            set(editing === 'new' ? [...tests, test] : tests.map((one, index) => (index === editing ? test : one)))
            setEditing(undefined)
          }}
        />
      )}
    </>
  )
}

export function TestsPage() {
  const tests = useQuery(ask('getPolicyTests', {}))
  return (
    <AccessPage
      title="Policy tests"
      lead="Expected decisions that every change of the policy must keep; a pipeline runs the same file."
      cli={'plinth policy test policy-tests.json\nplinth policy test policy-tests.json --change-set chs_01'}
      needs={{ action: 'get', object: 'policy', domain: '*' }}
    >
      <Load of={tests}>{({ items }) => <Tests key={JSON.stringify(items)} kept={items} />}</Load>
    </AccessPage>
  )
}
