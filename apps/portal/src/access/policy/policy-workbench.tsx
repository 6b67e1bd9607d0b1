import { lazy, type RefObject, Suspense, useRef, useState } from 'react'
import type { Answer } from '../../api/plinth.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { download } from '../../ui/download.ts'
import { Empty, Loading } from '../../ui/empty.tsx'
import { Icon } from '../../ui/icon.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { say } from '../../ui/say.ts'
import { useNames } from '../shared/use-names.ts'
import { DraftDialog } from './draft-dialog.tsx'
import { ImportDialog } from './import-dialog.tsx'
import type { EditorHandle, PolicyProblem } from './policy-editor.tsx'
import { applyLines, linesBetween } from './policy-lines.ts'
import { Problems, Verdict } from './problems.tsx'
import { type Checked, useValidation } from './use-validation.ts'

// The editor is the heaviest part of the portal; only who edits the policy loads it.
const PolicyEditor = lazy(async () => ({ default: (await import('./policy-editor.tsx')).PolicyEditor }))
const MergeEditor = lazy(async () => ({ default: (await import('./merge-editor.tsx')).MergeEditor }))

export type View = 'edit' | 'diff' | 'model'
type Raw = Answer<'getRawPolicy'>
type ChangeSet = Answer<'getChangeSet'>

const frame = 'h-[min(62vh,720px)] overflow-hidden rounded-md border border-line bg-surface'

/** A newer policy came in force while somebody wrote: his lines can come along. */
function Newer({ raw, base, onBring }: { raw: Raw; base: Raw; onBring: () => void }) {
  if (raw.revision === base.revision) return null
  return (
    <p
      role="status"
      className="mb-3 flex flex-wrap items-center gap-3 rounded-md border border-line bg-surface px-3 py-2 text-sm"
    >
      <span className="flex-1">
        Revision {raw.revision} came in force while you were here; your text began at {base.revision}.
      </span>
      <Button small onClick={onBring}>
        Bring my changes along
      </Button>
    </p>
  )
}

function Model({ model }: { model: string }) {
  return (
    <div>
      <div className="mb-1 flex justify-end">
        <CopyButton text={model} />
      </div>
      <pre tabIndex={0} aria-label="model.conf" className={`${frame} overflow-auto p-4 text-xs leading-5`}>
        {model}
      </pre>
    </div>
  )
}

type ToolbarProps = {
  checked: Checked
  changed: boolean
  action: string
  onImport: () => void
  onDownload: () => void
  onStartAgain: () => void
  onDraft: () => void
}

function Toolbar({ checked, changed, action, onImport, onDownload, onStartAgain, onDraft }: ToolbarProps) {
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <Verdict checked={checked} />
      <span className="flex-1" />
      <Button onClick={onImport}>Import…</Button>
      <Button onClick={onDownload}>
        <Icon name="download" /> Download
      </Button>
      <Button disabled={!changed} onClick={onStartAgain}>
        Start again
      </Button>
      <MayButton
        look="primary"
        needs={{ action: 'create', object: 'policy', domain: '*' }}
        disabled={!changed || checked.answer?.valid === false}
        onClick={onDraft}
      >
        {action}
      </MayButton>
    </div>
  )
}

type SurfaceProps = {
  view: View
  raw: Raw
  text: string
  changed: boolean
  problems: readonly PolicyProblem[]
  editor: RefObject<EditorHandle | null>
  onChange: (text: string) => void
}

/** The text itself, in one of its three shapes. */
function Surface({ view, raw, text, changed, problems, editor, onChange }: SurfaceProps) {
  const names = useNames()
  return (
    <Suspense fallback={<Loading lines={8} />}>
      {view === 'edit' && (
        <div className={frame}>
          <PolicyEditor
            label="policy.csv"
            start={text}
            onChange={onChange}
            problems={problems}
            names={{ subjects: names.subjects, roles: names.roles, domains: names.domains }}
            handle={editor}
          />
        </div>
      )}
      {view === 'diff' && !changed && (
        <Empty title="As in force">
          Edit the text or import another; here it stands against revision {raw.revision}, side by side.
        </Empty>
      )}
      {view === 'diff' && changed && (
        <div className={frame}>
          <MergeEditor before={raw.csv} after={text} split label="policy.csv" />
        </div>
      )}
      {view === 'model' && <Model model={raw.model} />}
    </Suspense>
  )
}

function Hint({ revision }: { revision: number }) {
  return (
    <p className="mt-3 text-xs text-quiet">
      Revision {revision} in force. <kbd>Ctrl Space</kbd> completes, <kbd>F8</kbd> goes to the next problem,{' '}
      <kbd>Ctrl F</kbd> searches, <kbd>Esc</kbd> then <kbd>Tab</kbd> leaves the editor.
    </p>
  )
}

export function PolicyWorkbench({ raw, view, draft }: { raw: Raw; view: View; draft: ChangeSet | undefined }) {
  const [base, setBase] = useState(raw)
  const [text, setText] = useState(() => (draft ? applyLines(raw.csv, draft.diff) : raw.csv))
  const [dialog, setDialog] = useState<'draft' | 'import'>()
  const editor = useRef<EditorHandle>(null)
  const checked = useValidation(text, raw.revision)
  const problems = checked.answer?.problems ?? []
  const changed = text !== base.csv
  const replace = (next: string): void => {
    editor.current?.replace(next)
    setText(next)
  }
  const bring = (): void => {
    replace(applyLines(raw.csv, linesBetween(base.csv, text)))
    setBase(raw)
  }
  const put = (next: string, told: string): void => {
    replace(next)
    say({ tone: 'healthy', text: told, undo: () => replace(text) })
  }
  const startAgain = (): void => {
    put(raw.csv, 'The text is the policy in force again')
    setBase(raw)
  }
  return (
    <>
      <Newer raw={raw} base={base} onBring={bring} />
      <Toolbar
        checked={checked}
        changed={changed}
        action={draft ? 'Save to the change set' : 'Draft a change'}
        onImport={() => setDialog('import')}
        onDownload={() => download('policy.csv', 'text/csv', text)}
        onStartAgain={startAgain}
        onDraft={() => setDialog('draft')}
      />
      <Surface
        view={view}
        raw={raw}
        text={text}
        changed={changed}
        problems={problems}
        editor={editor}
        onChange={setText}
      />
      {view !== 'model' && <Problems problems={problems} onGo={(line, column) => editor.current?.goTo(line, column)} />}
      <Hint revision={raw.revision} />
      {dialog === 'draft' && <DraftDialog csv={text} draft={draft} onClose={() => setDialog(undefined)} />}
      {dialog === 'import' && (
        <ImportDialog
          onClose={() => setDialog(undefined)}
          onTake={(csv) => {
            setDialog(undefined)
            put(csv, 'The imported policy is in the editor')
          }}
        />
      )}
    </>
  )
}
