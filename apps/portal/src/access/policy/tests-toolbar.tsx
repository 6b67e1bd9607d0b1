import type { Answer } from '../../api/plinth.ts'
import { Button } from '../../ui/button.tsx'
import { download } from '../../ui/download.ts'
import { Icon } from '../../ui/icon.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { Status } from '../../ui/status.tsx'
import type { PolicyTest } from './test-dialog.tsx'

type Props = {
  tests: readonly PolicyTest[]
  changed: boolean
  run: Answer<'runPolicyTests'> | undefined
  running: boolean
  saving: boolean
  onNew: () => void
  onRun: () => void
  onSave: () => void
}

function Outcome({ run: { passed, failed } }: { run: Answer<'runPolicyTests'> }) {
  return failed === 0 ? (
    <Status state="passed" text={`All ${passed} hold`} />
  ) : (
    <Status state="failed" text={`${failed} of ${passed + failed} fail`} />
  )
}

/** How the tests stand, and what can be done with all of them. */
export function TestsToolbar({ tests, changed, run, running, saving, onNew, onRun, onSave }: Props) {
  const save = (): void =>
    download('policy-tests.json', 'application/json', JSON.stringify({ items: tests }, undefined, 2))
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <p role="status" className="text-sm">
        {run ? (
          <Outcome run={run} />
        ) : (
          <span className="text-quiet">{changed ? 'Not saved yet' : `${tests.length} tests`}</span>
        )}
      </p>
      <span className="flex-1" />
      <Button disabled={tests.length === 0} onClick={save}>
        <Icon name="download" /> Download
      </Button>
      <Button onClick={onNew}>
        <Icon name="plus" /> New test
      </Button>
      <Button busy={running} disabled={tests.length === 0} onClick={onRun}>
        Run them
      </Button>
      <MayButton
        look="primary"
        needs={{ action: 'update', object: 'policy', domain: '*' }}
        disabled={!changed}
        busy={saving}
        onClick={onSave}
      >
        Save
      </MayButton>
    </div>
  )
}
