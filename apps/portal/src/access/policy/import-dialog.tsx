import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { Button } from '../../ui/button.tsx'
import { SelectField, TextArea, TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Problems } from './problems.tsx'

type Format = 'casbin' | 'argocd'

const formats = [
  ['argocd', "Argo CD's policy.csv"],
  ['casbin', 'Casbin: model.conf and policy.csv'],
] as const

function Came({ converted: { csv, notes } }: { converted: Answer<'convertPolicy'> }) {
  return (
    <section aria-label="What came of it">
      <h3 className="font-semibold">What came of it</h3>
      <p className="text-sm text-quiet">
        {csv.split('\n').filter((line) => line !== '').length} rows
        {notes.length === 0 && ', which decide as before.'}
      </p>
      <Problems problems={notes} />
    </section>
  )
}

type TextProps = { label: string; rows: number; value: string; onChange: (value: string) => void; example: string }

const PolicyText = ({ label, rows, value, onChange, example }: TextProps) => (
  <TextArea
    label={label}
    rows={rows}
    value={value}
    onChange={onChange}
    spellCheck={false}
    className="font-mono text-xs"
    placeholder={example}
  />
)

const DefaultRole = ({ value, onChange }: { value: string; onChange: (value: string) => void }) => (
  <TextField
    label="policy.default"
    value={value}
    onChange={onChange}
    spellCheck={false}
    placeholder="role:readonly"
    help="What argocd-rbac-cm gives to everybody"
  />
)

/** Turns a foreign policy into one of ours, and says where the two would not decide alike. */
export function ImportDialog({ onClose, onTake }: { onClose: () => void; onTake: (csv: string) => void }) {
  const [format, setFormat] = useState<Format>('argocd')
  const [policy, setPolicy] = useState('')
  const [model, setModel] = useState('')
  const [defaultRole, setDefaultRole] = useState('')
  const convert = useAction('convertPolicy', { quiet: true })
  const converted = convert.data
  const turn = (): void =>
    convert.mutate({
      body: {
        format,
        policy,
        ...(format === 'casbin' && model !== '' && { model }),
        ...(format === 'argocd' && defaultRole !== '' && { defaultRole }),
      },
    })
  return (
    <FormDialog
      title="Import a policy"
      look="drawer"
      action="Convert"
      busy={convert.isPending}
      ready={policy.trim() !== ''}
      error={convert.error}
      beside={
        converted && (
          <Button look="primary" onClick={() => onTake(converted.csv)}>
            Put it in the editor
          </Button>
        )
      }
      onSubmit={turn}
      onClose={onClose}
    >
      <SelectField
        label="From"
        value={format}
        onChange={(value) => setFormat(value === 'casbin' ? 'casbin' : 'argocd')}
        options={formats}
      />
      {format === 'casbin' && (
        <PolicyText label="model.conf" rows={6} value={model} onChange={setModel} example="[request_definition]" />
      )}
      {format === 'argocd' && <DefaultRole value={defaultRole} onChange={setDefaultRole} />}
      <PolicyText
        label="policy.csv"
        rows={12}
        value={policy}
        onChange={setPolicy}
        example="p, role:org-admin, applications, *, */*, allow"
      />
      {converted && <Came converted={converted} />}
    </FormDialog>
  )
}
