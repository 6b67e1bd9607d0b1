import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { SelectField, TextArea, TextField } from '../../ui/field.tsx'
import { ProblemView } from '../../ui/problem-view.tsx'
import { Problems } from './problems.tsx'

type Format = 'casbin' | 'argocd'

const formats = [
  ['argocd', "Argo CD's policy.csv"],
  ['casbin', 'Casbin: model.conf and policy.csv'],
] as const

/** Turns a foreign policy into one of ours, and says where the two would not decide alike. */
export function ImportDialog({ onClose, onTake }: { onClose: () => void; onTake: (csv: string) => void }) {
  const [format, setFormat] = useState<Format>('argocd')
  const [policy, setPolicy] = useState('')
  const [model, setModel] = useState('')
  const [defaultRole, setDefaultRole] = useState('')
  const convert = useAction('convertPolicy', { quiet: true })
  const converted = convert.data
  return (
    <Dialog title="Import a policy" look="drawer" onClose={onClose}>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          convert.mutate({
            body: {
              format,
              policy,
              ...(format === 'casbin' && model !== '' && { model }),
              ...(format === 'argocd' && defaultRole !== '' && { defaultRole }),
            },
          })
        }}
      >
        <SelectField
          label="From"
          value={format}
          onChange={(value) => setFormat(value === 'casbin' ? 'casbin' : 'argocd')}
          options={formats}
        />
        {format === 'casbin' && (
          <TextArea
            label="model.conf"
            rows={6}
            value={model}
            onChange={setModel}
            spellCheck={false}
            className="font-mono text-xs"
          />
        )}
        {format === 'argocd' && (
          <TextField
            label="policy.default"
            value={defaultRole}
            onChange={setDefaultRole}
            spellCheck={false}
            placeholder="role:readonly"
            help="What argocd-rbac-cm gives to everybody"
          />
        )}
        <TextArea
          label="policy.csv"
          required
          rows={12}
          value={policy}
          onChange={setPolicy}
          spellCheck={false}
          className="font-mono text-xs"
          placeholder="p, role:org-admin, applications, *, */*, allow"
        />
        {convert.isError && <ProblemView error={convert.error} />}
        {converted && (
          <section aria-label="What came of it">
            <h3 className="font-semibold">What came of it</h3>
            <p className="text-sm text-quiet">
              {converted.csv.split('\n').filter((line) => line !== '').length} rows
              {converted.notes.length === 0 && ', which decide as before.'}
            </p>
            <Problems problems={converted.notes} />
          </section>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look={converted ? 'plain' : 'primary'} busy={convert.isPending}>
            Convert
          </Button>
          {converted && (
            <Button look="primary" onClick={() => onTake(converted.csv)}>
              Put it in the editor
            </Button>
          )}
        </div>
      </form>
    </Dialog>
  )
}
